import { randomUUID } from 'node:crypto';
import { aQuestion, aReply } from '@dtq/backend-conformance/samples.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it, onTestFinished } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { blackHole } from './test/black-hole.ts';
import { describeWithStack, freshSpace, stack } from './test/stack.ts';

// A connection that takes everything and answers nothing, as behind a firewall that forgot it. Kafka is not here: its
// brokers say themselves where they are.

describeWithStack('connections that swallow everything', () => {
  const through = async (name: 'REDIS_ADDR' | 'RABBITMQ_URL' | 'MONGO_URI') => {
    const address = /(?<host>[\d.]+):(?<port>\d+)(?=\/|$)/.exec(stack()[name])?.groups ?? {};
    const hole = await blackHole(address['host'] ?? '', Number(address['port']));
    const space = freshSpace();
    const own = stack()[name].replace(`${address['host']}:${address['port']}`, `127.0.0.1:${hole.port}`);
    const config = space.config('worker', { [name]: own });
    const backend = await openDistributedBackend({ config, role: 'worker', log: silentLogger() });
    onTestFinished(async () => {
      await backend.close();
      await hole.close();
      await space.remove();
    });
    return { hole, backend };
  };
  const heals = async (call: () => Promise<unknown>, boundMs: number, withinMs: number): Promise<void> => {
    let slowest = 0;
    await eventually(
      'it works again',
      async () => {
        const began = performance.now();
        const works = await call().then(
          () => true,
          () => false,
        );
        slowest = Math.max(slowest, performance.now() - began);
        return works;
      },
      withinMs,
    );
    expect(slowest).toBeLessThan(boundMs);
  };

  it('Redis: noticed while commands still go out', { timeout: 30_000 }, async () => {
    const { hole, backend } = await through('REDIS_ADDR');
    const call = (): Promise<unknown> => backend.statuses.get(randomUUID());
    await call();
    hole.swallow();
    await expect(call()).rejects.toThrow('no answer within');
    await heals(call, 1500, 8000);
  });

  it('RabbitMQ: noticed by its heartbeat', { timeout: 40_000 }, async () => {
    const { hole, backend } = await through('RABBITMQ_URL');
    await backend.progress.answer(async ({ job_id }) => aReply(job_id));
    const call = (): Promise<unknown> => backend.progress.ask(aQuestion(), 500);
    await eventually('it works', call);
    hole.swallow();
    await expect(call()).rejects.toThrow();
    await heals(call, 1500, 25_000);
  });

  it('MongoDB: noticed by its own checks and time-outs', { timeout: 40_000 }, async () => {
    const { hole, backend } = await through('MONGO_URI');
    const call = (): Promise<unknown> => backend.results.get(randomUUID());
    await call();
    hole.swallow();
    await expect(call()).rejects.toThrow('no answer within');
    await heals(call, 2500, 25_000);
  });

  it('a watch is told again', { timeout: 30_000 }, async () => {
    const { hole, backend } = await through('REDIS_ADDR');
    const id = randomUUID();
    const seen: number[] = [];
    await backend.statuses.watch(id, ({ progress_percent }) => seen.push(progress_percent));
    hole.swallow();
    let attempts = 0;
    const tell = (): Promise<boolean> => {
      attempts += 1;
      return told(backend, id, attempts, seen);
    };
    await eventually('it is told', tell, 15_000);
  });
});

async function told(backend: Backend, id: string, attempt: number, seen: readonly number[]): Promise<boolean> {
  const change = {
    job_id: id,
    attempt,
    state: 'running',
    progress_percent: 20,
    message: '',
    updated_at: '2026-02-14T15:12:04Z',
  };
  await backend.statuses.advance({ ...change, state: 'running' });
  return seen.length > 0;
}

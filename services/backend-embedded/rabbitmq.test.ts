import { aQuestion, aReply } from '@dtq/backend-conformance/samples.ts';
import { NoReply, Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { ProgressRequest } from '@dtq/generated/schemas/types.ts';
import { expect, it } from 'vitest';
import { EmbeddedProgressChannel } from './rabbitmq.ts';

it('rejects at once where nobody is there to answer', async () => {
  const channel = new EmbeddedProgressChannel(silentLogger());
  const began = performance.now();
  await expect(channel.ask(aQuestion(), 60_000)).rejects.toThrow(
    new Unavailable('rabbitmq', 'nobody is there to answer'),
  );
  expect(performance.now() - began).toBeLessThan(1000);
});

it('asks several responders in turn', async () => {
  const channel = new EmbeddedProgressChannel(silentLogger());
  const counts = [0, 0, 0];
  for (const [index] of counts.entries())
    await channel.answer(async ({ job_id }) => {
      counts[index] = (counts[index] ?? 0) + 1;
      return aReply(job_id);
    });
  for (let count = 0; count < 9; count += 1) await channel.ask(aQuestion(), 1000);
  expect(counts).toEqual([3, 3, 3]);
});

it('drops a question that breaks its schema before any responder sees it', async () => {
  const channel = new EmbeddedProgressChannel(silentLogger());
  const asked: ProgressRequest[] = [];
  await channel.answer(async (request) => {
    asked.push(request);
    return aReply(request.job_id);
  });
  await expect(channel.ask(aQuestion('no uuid'), 50)).rejects.toThrow(new NoReply(50));
  expect(asked).toEqual([]);
});

it('ends open questions when it is closed', async () => {
  const channel = new EmbeddedProgressChannel(silentLogger());
  await channel.answer(() => new Promise(() => {}));
  const asking = channel.ask(aQuestion(), 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  channel.close();
  await expect(asking).rejects.toThrow(new Unavailable('rabbitmq', 'the backend is closed'));
});

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { aJob, aQuestion, aReply } from '@dtq/backend-conformance/samples.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend, Part } from '@dtq/core/ports.ts';
import { isFinal, MILESTONES } from '@dtq/generated/lifecycle.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { responders } from '@dtq/generated/wiring/responders.ts';
import { freezeServer, startServer, stopServer, thawServer, tuneMongodb } from '@dtq/infra/control.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { readWorkerConfig } from '@dtq/worker/config.ts';
import { sandboxProviders } from '@dtq/worker/providers/providers.ts';
import { startWorker } from '@dtq/worker/worker.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDistributedBackend } from './backend.ts';
import { type Role, readDistributedConfig } from './config.ts';
import { ownStack } from './test/own-stack.ts';
import { deployTopology } from './topology.ts';

// Breaks each server on purpose, under load, and holds the whole to what it promised. It brings up a stack of its own (some
// 600 MB), so it runs only where it is asked for.
const isAsked = process.env['DTQ_BREAK_SERVERS'] === '1';

const log = silentLogger();
const stack = ownStack(500);

interface Fault {
  readonly part: Part;
  readonly name: string;
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
  readonly lastsMs: number;
}

const freeze = (part: Part, lastsMs: number): Fault => ({
  part,
  name: `frozen for ${lastsMs / 1000} s`,
  begin: () => freezeServer(part, stack.settings()),
  end: () => thawServer(part, stack.settings()),
  lastsMs,
});
const kill = (part: Part, lastsMs = 2000): Fault => ({
  part,
  name: 'killed and started again',
  begin: () => stopServer(part, 'SIGKILL', stack.settings()),
  end: () => startServer(part, stack.settings()),
  lastsMs,
});

const FAULTS: readonly Fault[] = [
  freeze('kafka', 5000),
  // Longer than a group keeps a silent member.
  freeze('kafka', 14_000),
  kill('kafka'),
  freeze('redis', 5000),
  kill('redis'),
  freeze('rabbitmq', 5000),
  freeze('rabbitmq', 14_000),
  kill('rabbitmq'),
  freeze('mongodb', 5000),
  kill('mongodb'),
];

/** Within which a port that cannot answer must say so, in ms, with some for a busy machine. */
const BOUND_MS: Readonly<Record<Part, number>> = { kafka: 3500, redis: 1000, rabbitmq: 1000, mongodb: 5000 };
const SLACK_MS = 700;

describe.skipIf(!isAsked)(
  `servers that break (${isAsked ? 'own stack' : 'skipped: DTQ_BREAK_SERVERS=1 runs it'})`,
  () => {
    let api: Backend;
    let worker: Backend;
    let stop: () => Promise<void>;
    const environment = (): Record<string, string> => ({ ...stack.environment() });
    const config = (role: Role) => readDistributedConfig(new ConfigReader(environment()), role);

    beforeAll(async () => {
      await stack.start();
      await deployTopology({ config: config('worker'), log });
      await tuneMongodb(undefined, stack.settings());
      api = await openDistributedBackend({ config: config('api'), role: 'api', log });
      worker = await openDistributedBackend({ config: config('worker'), role: 'worker', log });
      const running = await startWorker({
        backend: worker,
        config: readWorkerConfig(new ConfigReader({})),
        handlers,
        responders,
        providers: sandboxProviders(),
        log,
      });
      stop = () => running.stop();
    }, 120_000);

    afterAll(async () => {
      await stop?.();
      await Promise.all([api?.close(), worker?.close()]);
      await stack.remove();
    }, 120_000);

    for (const fault of FAULTS)
      it(`${fault.part} ${fault.name}: what was accepted completes once, the rest is told in time, all heals`, {
        timeout: 180_000,
      }, async () => {
        const load = startLoad(api);
        await eventually('jobs are accepted', () => load.accepted.length > 20);
        await fault.begin();
        const began = performance.now();
        await delay(300);
        const calls = await probePorts(api);
        await delay(Math.max(0, fault.lastsMs - (performance.now() - began)));
        await fault.end();
        const ended = performance.now();
        const [own] = calls.filter(({ part }) => part === fault.part);
        expect(own?.check, 'its check notices').toBe(false);
        for (const { part, error, ms } of calls) {
          expect(ms, `${part} answers in bounded time`).toBeLessThan(BOUND_MS[part] + SLACK_MS);
          // A question is answered from the stores.
          const isTouched = part === fault.part || (part === 'rabbitmq' && fault.part !== 'kafka');
          if (!isTouched) expect(error, `${part} goes on without ${fault.part}`).toBeUndefined();
        }
        await untilAllWork(api, 60_000);
        const healedMs = performance.now() - ended;
        await eventually('jobs are accepted again', () => load.acceptedSince(ended), 60_000);
        await load.stop();
        expect(load.unexpected).toEqual([]);
        const slowest = Math.max(...load.refusedMs, 0);
        expect(slowest).toBeLessThan(BOUND_MS.kafka + SLACK_MS);
        await eventually('each accepted job has its document', () => allEnded(api, load.accepted), 90_000);
        await eventually('each status says what the document says', () => statusesAgree(api, load.accepted), 30_000);
        const finalMs = performance.now() - ended;
        console.info(
          `${fault.part} ${fault.name}: ${load.accepted.length} accepted, ${load.refusedMs.length} refused (slowest ${Math.round(slowest)} ms);`,
          `its port said so after ${Math.round(own?.ms ?? 0)} ms; healed ${Math.round(healedMs)} ms after, all done ${Math.round(finalMs)} ms after`,
        );
      });

    it('opens in bounded time without any server, says so, and works once they are there', {
      timeout: 180_000,
    }, async () => {
      const parts: readonly Part[] = ['kafka', 'redis', 'rabbitmq', 'mongodb'];
      await stop();
      await Promise.all([api.close(), worker.close()]);
      await Promise.all(parts.map((part) => stopServer(part, 'SIGKILL', stack.settings())));
      const began = performance.now();
      api = await openDistributedBackend({ config: config('api'), role: 'api', log });
      expect(performance.now() - began).toBeLessThan(5000);
      for (const { part, error, check, ms } of await probePorts(api)) {
        expect(error, part).toBeInstanceOf(Unavailable);
        expect(check).toBe(false);
        expect(ms).toBeLessThan(BOUND_MS[part] + SLACK_MS);
      }
      await Promise.all(parts.map((part) => startServer(part, stack.settings())));
      worker = await openDistributedBackend({ config: config('worker'), role: 'worker', log });
      const stopAnswering = await worker.progress.answer(async ({ job_id }) => aReply(job_id));
      stop = stopAnswering;
      await untilAllWork(api, 30_000);
    });
  },
);

interface Call {
  readonly part: Part;
  readonly error: unknown;
  readonly ms: number;
  readonly check: boolean;
}

/** One call of each port, at once: what it rejected with and how long it took, and whether its check resolved. */
async function probePorts({ queue, statuses, progress, results, checks }: Backend): Promise<Call[]> {
  const id = randomUUID();
  const calls: Readonly<Record<Part, () => Promise<unknown>>> = {
    kafka: () => queue.publish(aJob(id)),
    redis: () => statuses.get(id),
    rabbitmq: () => progress.ask(aQuestion(id), 1000),
    mongodb: () => results.get(id),
  };
  return Promise.all(
    (Object.keys(calls) as Part[]).map(async (part) => {
      const began = performance.now();
      const check = checks[part]().then(
        () => performance.now() - began < 1500,
        () => false,
      );
      const error = await calls[part]().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return { part, error, ms: performance.now() - began, check: await check };
    }),
  );
}

/** Resolves once every port answers, and each check; rejects with those that do not. */
async function untilAllWork(backend: Backend, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (;;) {
    const broken = (await probePorts(backend)).filter(({ error, check }) => error !== undefined || !check);
    if (broken.length === 0) return;
    if (performance.now() > end)
      throw new Error(
        `does not work after ${ms} ms: ${broken.map(({ part, error, check }) => `${part} (${error}, check ${check})`).join(', ')}`,
      );
    await delay(20);
  }
}

interface Load {
  readonly accepted: readonly string[];
  /** How long each refusal took, in ms. */
  readonly refusedMs: readonly number[];
  readonly unexpected: readonly unknown[];
  acceptedSince(time: number): boolean;
  stop(): Promise<void>;
}

/** Submits as the API does, again and again. */
function startLoad({ queue, statuses }: Backend): Load {
  const accepted: string[] = [];
  const refusedMs: number[] = [];
  const unexpected: unknown[] = [];
  let last = 0;
  let isOver = false;
  const submit = async (): Promise<void> => {
    const job = aJob();
    const began = performance.now();
    try {
      await queue.publish(job);
    } catch (error) {
      if (!(error instanceof Unavailable)) unexpected.push(error);
      refusedMs.push(performance.now() - began);
      await delay(50);
      return;
    }
    accepted.push(job.job_id);
    last = began;
    const { job_id, trace_id } = job;
    await statuses
      .advance({ job_id, trace_id, attempt: 1, updated_at: new Date().toISOString(), ...MILESTONES.queued })
      .catch((error: unknown) => {
        if (!(error instanceof Unavailable)) unexpected.push(error);
      });
    await delay(20);
  };
  const loop = async (): Promise<void> => {
    while (!isOver) await submit();
  };
  const loops = Promise.all(Array.from({ length: 4 }, loop));
  return {
    accepted,
    refusedMs,
    unexpected,
    acceptedSince: (time) => last > time,
    stop: async () => {
      isOver = true;
      await loops;
    },
  };
}

async function allEnded({ results }: Backend, ids: readonly string[]): Promise<boolean> {
  for (const id of ids) if ((await results.get(id)) === null) return false;
  return true;
}

async function statusesAgree({ statuses, results }: Backend, ids: readonly string[]): Promise<boolean> {
  for (const id of ids) {
    const [status, result] = await Promise.all([statuses.get(id), results.get(id)]);
    // One that Redis lost is not there: a projection may vanish.
    if (status !== null && isFinal(status.state) && status.state !== result?.final_state) return false;
  }
  return true;
}

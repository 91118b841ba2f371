import { randomUUID } from 'node:crypto';
import { Unavailable } from '@dtq/core/errors.ts';
import { type Backend, PARTS, type Part } from '@dtq/core/ports.ts';
import { describe, expect } from 'vitest';
import { consuming, DONE } from './consuming.ts';
import { aChange, aJob, aQuestion, aReplay, aReply, aResult, aRow, aStart, aSubmitRecord } from './samples.ts';
import type { Suite } from './suite.ts';

/** Checks, capabilities and the end of a backend. Declared last: it closes the one that the other cases share. */
export function lifeCases({ backend, space, reopen, test, patienceMs }: Suite): void {
  describe('life', () => {
    for (const part of PARTS)
      test(`the check of ${part} resolves`, async () => {
        await backend().checks[part]();
      });

    test('it has a name, and each capability a name and a reason', async () => {
      expect(backend().name).not.toBe('');
      for (const { name, reason } of backend().capabilities) {
        expect(name).not.toBe('');
        expect(reason).not.toBe('');
      }
    });

    test('it may be closed before anything has started, and then opened again', async () => {
      await reopen();
      await backend().close();
      await reopen();
      for (const part of PARTS) await backend().checks[part]();
    });

    test('it may be closed while things still run, twice, and every port then says in bounded time that it is unavailable', async () => {
      const closed = backend();
      await consuming(closed, { mine: () => true, deliver: () => new Promise(() => {}) });
      await closed.progress.answer(async ({ job_id }) => aReply(job_id));
      await closed.statuses.watch(randomUUID(), () => {});
      await closed.cancels.watch(() => {});
      await closed.queue.publish(aJob());
      await Promise.all([closed.close(), closed.close()]);
      await closed.close();
      for (const [part, call] of callsOf(closed)) {
        const error = await within(patienceMs, call());
        expect(error, String(call)).toBeInstanceOf(Unavailable);
        expect((error as Unavailable).part).toBe(part);
      }
      await space()
        .open()
        .then((next) => next.close());
    });
  });
}

function callsOf(backend: Backend): readonly (readonly [Part, () => Promise<unknown>])[] {
  const { queue, statuses, openJobs, cancels, submitKeys, progress, results, schedule, deadLetters, replays, checks } =
    backend;
  const id = randomUUID();
  const lease = { owner: 'somebody', leaseMs: 1000, limit: 1 };
  return [
    ['kafka', () => queue.publish(aJob())],
    ['kafka', () => queue.consume({ jobTypes: ['weather'], concurrency: {}, deliver: () => Promise.resolve(DONE) })],
    ['redis', () => statuses.begin(aStart(id))],
    ['redis', () => statuses.advance(aChange(id, 'queued'))],
    ['redis', () => statuses.get(id)],
    ['redis', () => statuses.watch(id, () => {})],
    ['redis', () => openJobs.list({ limit: 1 })],
    ['redis', () => openJobs.counts()],
    ['redis', () => openJobs.find(id)],
    ['redis', () => cancels.request(id, new Date().toISOString())],
    ['redis', () => cancels.watch(() => {})],
    ['redis', () => submitKeys.claim('f'.repeat(64), aSubmitRecord())],
    ['redis', () => submitKeys.settle('f'.repeat(64), aSubmitRecord())],
    ['rabbitmq', () => progress.ask(aQuestion(id), 100)],
    ['rabbitmq', () => progress.answer(async ({ job_id }) => aReply(job_id))],
    ['mongodb', () => results.insert(aResult(id))],
    ['mongodb', () => results.get(id)],
    ['mongodb', () => results.list({ limit: 1 })],
    ['mongodb', () => results.counts()],
    ['mongodb', () => schedule.put(aRow(aJob(id)))],
    ['mongodb', () => schedule.claim(lease)],
    ['mongodb', () => schedule.remove(`${id}:run`)],
    ['mongodb', () => schedule.find(id)],
    ['mongodb', () => deadLetters.list({ limit: 1 })],
    ['mongodb', () => deadLetters.get('jobs.weather.v1:0:1')],
    ['mongodb', () => replays.record(aReplay(id))],
    ['mongodb', () => replays.of([id])],
    ...PARTS.map((part) => [part, () => checks[part]()] as const),
  ];
}

/** What a call rejects with; undefined where it resolves. Rejects itself where the call does neither in time. */
async function within(ms: number, call: Promise<unknown>): Promise<unknown> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new Error(`neither resolved nor rejected within ${ms} ms`)), ms);
  try {
    return await Promise.race([
      over.promise,
      call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

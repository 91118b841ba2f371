import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { NoReply, Unavailable } from '@dtq/core/errors.ts';
import type { ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import { describe, expect, onTestFinished } from 'vitest';
import { aQuestion, aReply } from './samples.ts';
import type { Suite } from './suite.ts';

/** Long enough for a reply on a busy machine, short enough to wait for in vain; in milliseconds. */
const SHORT_MS = 300;

/** Questions and the replies to them. */
export function progressCases({ backend, test, patienceMs }: Suite): void {
  const answering = async (
    responder: (request: ProgressRequest, traceparent?: string) => Promise<ProgressReply>,
  ): Promise<() => Promise<void>> => {
    const stop = await backend().progress.answer(responder);
    onTestFinished(stop);
    return stop;
  };
  const failure = async (ask: Promise<unknown>): Promise<{ error: unknown; afterMs: number }> => {
    const began = performance.now();
    const error = await ask.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { error, afterMs: performance.now() - began };
  };

  describe('progress', () => {
    test('a question reaches a responder as it was asked, and its reply comes back', async () => {
      const question = aQuestion();
      const asked: ProgressRequest[] = [];
      await answering(async (request) => {
        asked.push(request);
        return aReply(request.job_id);
      });
      expect(await backend().progress.ask(question, patienceMs)).toEqual(aReply(question.job_id));
      expect(asked).toEqual([question]);
    });

    test('the trace of whoever asks goes along with the question, where there is one', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const seen: (string | undefined)[] = [];
      await answering(async ({ job_id }, of) => {
        seen.push(of);
        return aReply(job_id);
      });
      await backend().progress.ask(aQuestion(), patienceMs, traceparent);
      await backend().progress.ask(aQuestion(), patienceMs);
      expect(seen).toEqual([traceparent, undefined]);
    });

    test('of 200 questions at once each gets its own reply, also those about the same job', async () => {
      const jobs = Array.from({ length: 100 }, () => randomUUID());
      const numbers = new Map<string, number>();
      const questions = [...jobs, ...jobs].map((job_id, index) => {
        const question = aQuestion(job_id);
        numbers.set(question.request_id, index % 101);
        return question;
      });
      await answering(async ({ job_id, request_id }) => {
        const number = numbers.get(request_id) ?? 0;
        await delay((number * 7) % 20);
        return aReply(job_id, number % 101);
      });
      const replies = await Promise.all(questions.map((question) => backend().progress.ask(question, patienceMs)));
      expect(replies).toEqual(questions.map(({ job_id }, index) => aReply(job_id, index % 101)));
    });

    test('a reply that speaks of another job is dropped', async () => {
      await answering(async () => aReply(randomUUID()));
      const { error } = await failure(backend().progress.ask(aQuestion(), SHORT_MS));
      expect(error).toEqual(new NoReply(SHORT_MS));
    });

    test('a reply that breaks its schema is dropped', async () => {
      await answering(async ({ job_id }) => ({ ...aReply(job_id), progress_percent: 101 }));
      const { error } = await failure(backend().progress.ask(aQuestion(), SHORT_MS));
      expect(error).toEqual(new NoReply(SHORT_MS));
    });

    test('unknown fields of a reply do not pass', async () => {
      await answering(async ({ job_id }) => ({ ...aReply(job_id), unheard_of: 'x' }));
      const question = aQuestion();
      expect(await backend().progress.ask(question, patienceMs)).toEqual(aReply(question.job_id));
    });

    test('nobody answers: it rejects within the deadline, at once where that is clear', async () => {
      const { error, afterMs } = await failure(backend().progress.ask(aQuestion(), SHORT_MS));
      expect(error instanceof NoReply || error instanceof Unavailable).toBe(true);
      expect(afterMs).toBeLessThan(SHORT_MS + 1000);
    });

    test('a responder that is slow: it rejects at the deadline, and the late reply reaches nobody', async () => {
      const late = Promise.withResolvers<void>();
      const slow = aQuestion();
      await answering(async ({ job_id, request_id }) => {
        if (request_id === slow.request_id) await late.promise;
        return aReply(job_id, request_id === slow.request_id ? 20 : 80);
      });
      const { error, afterMs } = await failure(backend().progress.ask(slow, SHORT_MS));
      expect(error).toEqual(new NoReply(SHORT_MS));
      expect(afterMs).toBeGreaterThan(SHORT_MS - 50);
      expect(afterMs).toBeLessThan(SHORT_MS + 1000);
      const next = backend().progress.ask(aQuestion(slow.job_id), patienceMs);
      late.resolve();
      expect(await next).toEqual(aReply(slow.job_id, 80));
    });

    test('a responder that rejects, or throws, gives no reply, and answers later questions', async () => {
      const [rejects, throws] = [aQuestion(), aQuestion()];
      await answering(({ job_id, request_id }) => {
        if (request_id === throws.request_id) throw new Error('a defect, made by this test');
        if (request_id === rejects.request_id) return Promise.reject(new Error('a defect, made by this test'));
        return Promise.resolve(aReply(job_id));
      });
      const failures = await Promise.all(
        [rejects, throws].map((one) => failure(backend().progress.ask(one, SHORT_MS))),
      );
      expect(failures.map(({ error }) => error)).toEqual([new NoReply(SHORT_MS), new NoReply(SHORT_MS)]);
      const question = aQuestion();
      expect(await backend().progress.ask(question, patienceMs)).toEqual(aReply(question.job_id));
    });

    test('of several responders each question reaches one', async () => {
      let answered = 0;
      const responder = async ({ job_id }: ProgressRequest): Promise<ProgressReply> => {
        answered += 1;
        return aReply(job_id);
      };
      await answering(responder);
      await answering(responder);
      for (let count = 0; count < 10; count += 1) await backend().progress.ask(aQuestion(), patienceMs);
      expect(answered).toBe(10);
    });

    test('a responder that was ended, which may be done twice, answers nothing more', async () => {
      let answered = 0;
      const stop = await answering(async ({ job_id }) => {
        answered += 1;
        return aReply(job_id);
      });
      await backend().progress.ask(aQuestion(), patienceMs);
      await stop();
      await stop();
      const { error } = await failure(backend().progress.ask(aQuestion(), SHORT_MS));
      expect(error instanceof NoReply || error instanceof Unavailable).toBe(true);
      expect(answered).toBe(1);
    });
  });
}

import { timestamp } from '@dtq/core/clock.ts';
import { cut } from '@dtq/core/cut.ts';
import type { Decoded } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import { lookUpJob } from '@dtq/core/look-up.ts';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import { untilStored, type WorkerParts } from './run-job.ts';
import { StatusWriter } from './status-writer.ts';

/**
 * Puts a message that is no job aside. Whoever waits for it is told, with a failed document and status, but only where the
 * message's key is its own job_id and no store knows that id: a bad message must never fail another's good job.
 */
export async function refuse(
  delivery: Delivery,
  decoded: Decoded & { ok: false },
  parts: WorkerParts,
  log: Logger,
): Promise<Outcome> {
  const { reason, job_id, trace_id } = decoded;
  log.warn({ reason, source: delivery.source }, 'a message is no job, and goes to the dead letters');
  if (job_id !== null && delivery.key?.toLowerCase() === job_id) {
    // The queue is not asked: what it holds under that id is this very message.
    const { statuses, results, clock } = parts;
    const known = await lookUpJob({ statuses, results, clock }, job_id);
    if (known.kind === 'unknown') {
      const now = timestamp(parts.clock);
      const stored = await untilStored(
        () =>
          parts.results.insert({
            schema_version: '1.0',
            job_id,
            job_type: delivery.jobType,
            input: {},
            output: null,
            final_state: 'failed',
            started_at: now,
            completed_at: now,
            error: { code: 'invalid_message', message: cut(reason, 1000) },
            ...(trace_id === null ? {} : { trace_id }),
          }),
        delivery.signal,
        log,
      );
      if (stored === null) return { kind: 'again' };
      await new StatusWriter(parts, { job_id, trace_id: trace_id ?? undefined }, log, 0).finish(stored.stored);
    }
  }
  return { kind: 'bury', reason };
}

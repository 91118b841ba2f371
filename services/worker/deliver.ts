import { type Envelope, envelopeOf } from '@dtq/core/envelope.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import { type Decoded, decodeJobMessage } from '@dtq/core/job-message.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Delivery, Outcome } from '@dtq/core/ports.ts';
import { type SpanStart, traced } from '@dtq/core/tracing.ts';
import { giveUp } from './give-up.ts';
import { NO_INDEX, refuse, tooLong } from './refuse.ts';
import { runJob } from './run-job.ts';
import type { WorkerParts } from './running-job.ts';

/** Does what a delivery asks for; what is no job is put aside. Never rejects. */
export async function deliver(delivery: Delivery, parts: WorkerParts, maxBytes: number, log: Logger): Promise<Outcome> {
  const { jobType, value, headers, priority, source } = delivery;
  const isTooLong = value.byteLength > maxBytes;
  const decoded = isTooLong ? tooLong(delivery, maxBytes) : decodeJobMessage(jobType, value);
  const { job_id, trace_id } = decoded.ok ? decoded.job : decoded;
  const jobLog = log.child({
    ...(job_id === null ? {} : { job_id }),
    ...(trace_id === null ? {} : { trace_id }),
    job_type: jobType,
  });
  const envelope = envelopeOf(headers, priority);
  const { tracer, metrics } = parts.telemetry;
  const start: SpanStart = {
    name: `process ${jobType}`,
    kind: 'consumer',
    traceId: trace_id ?? undefined,
    parent: envelope.traceparent ?? null,
    attributes: {
      'dtq.job_id': job_id ?? undefined,
      'dtq.job_type': jobType,
      'messaging.destination.name': source.topic,
      'messaging.destination.partition.id': String(source.partition),
    },
  };
  const outcome = await traced(tracer, start, async (span) => {
    const found = await outcomeOf(delivery, decoded, envelope, parts, maxBytes, jobLog);
    span?.set({ 'dtq.delivery': found.kind });
    if (found.kind === 'bury') span?.fail('buried');
    return found;
  });
  if (outcome.kind === 'bury') metrics.deadLetters.inc({ job_type: jobType });
  return outcome;
}

async function outcomeOf(
  delivery: Delivery,
  decoded: Decoded,
  envelope: Envelope,
  parts: WorkerParts,
  maxBytes: number,
  jobLog: Logger,
): Promise<Outcome> {
  const isTooLong = delivery.value.byteLength > maxBytes;
  const { signal, source } = delivery;
  const { job_id, trace_id } = decoded.ok ? decoded.job : decoded;
  try {
    // What is too long is not read: the index may speak of that very message.
    if (!decoded.ok)
      return await refuse(delivery, decoded, isTooLong ? { ...parts, openJobs: NO_INDEX } : parts, jobLog);
    return { kind: await runJob(decoded.job, envelope, parts, signal, jobLog) };
  } catch (error) {
    if (error instanceof Unavailable) {
      jobLog.warn({ err: error }, 'a store does not answer; the job comes again');
      return { kind: 'again' };
    }
    // Another try would end here again, and hold up what comes after it. The bytes are kept; the log has the rest.
    jobLog.error({ err: error, source }, 'the job cannot be brought to an end; it goes to the dead letters');
    if (decoded.ok) {
      const outcome = await giveUp(decoded.job, envelope, parts, signal, jobLog);
      if (outcome === 'again') return { kind: 'again' };
    }
    const reason = `a defect: ${error instanceof Error ? error.name : typeof error}`;
    return { kind: 'bury', reason, jobId: job_id, traceId: trace_id };
  }
}

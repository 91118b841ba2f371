import { cut } from '@dtq/core/cut.ts';
import type { DeliverySource } from '@dtq/core/ports.ts';
import type { DeadLetter, JobType } from '@dtq/generated/schemas/types.ts';
import type { Verdict } from './delivery-pool.ts';
import { LONGEST_REASON, type StoredMessage, textHeaders } from './message-headers.ts';

/** The contract's bounds (specs/schemas/DeadLetter.json). */
const LONGEST_KEY = 1000;
const MOST_VIOLATIONS = 100;
const MOST_HEADERS = 100;
const LONGEST_HEADER = 10_000;

/** The id of a dead letter, from where its message stood. */
export function deadLetterId({ topic, partition, offset }: DeliverySource): string {
  return `${topic}:${partition}:${offset}`;
}

/** A message as it stands among the dead letters of the collection. What is longer than the contract allows is cut; its bytes never are. */
export function deadLetterOf(
  jobType: JobType,
  message: StoredMessage,
  { reason, violations = [], jobId, traceId }: Verdict,
  source: DeliverySource,
  buriedAt: string,
): DeadLetter {
  const value = message.value ?? Buffer.alloc(0);
  const headers = Object.entries(textHeaders(message.headers)).slice(0, MOST_HEADERS);
  return {
    dead_letter_id: deadLetterId(source),
    job_type: jobType,
    key: message.key === null ? null : kept(message.key.toString(), LONGEST_KEY),
    ...(jobId === null || jobId === undefined ? {} : { job_id: jobId }),
    ...(traceId === null || traceId === undefined ? {} : { trace_id: traceId }),
    reason: kept(reason, LONGEST_REASON),
    violations: violations.slice(0, MOST_VIOLATIONS).map(({ pointer, message: said }) => ({
      pointer: kept(pointer, 1000),
      message: kept(said, 1000),
    })),
    size: value.length,
    buried_at: buriedAt,
    headers: Object.fromEntries(
      headers.map(([name, text]) => [kept(name, LONGEST_HEADER), kept(text, LONGEST_HEADER)]),
    ),
    value_base64: value.toString('base64'),
  };
}

/** A text that every server of the family takes: PostgreSQL below one of them refuses NUL, and BSON has none in names. */
function kept(text: string, most: number): string {
  return cut(text.toWellFormed().replaceAll('\0', '\uFFFD'), most);
}

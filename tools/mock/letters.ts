import { cut } from '@dtq/core/cut.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import { CHANNELS, type Channel } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { DeadLetter, JobType, Violation } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { iso } from './life.ts';
import { examplePayloads } from './output.ts';
import { pick, type Random, uuid } from './random.ts';

/** The bound on the words of a dead letter (specs/schemas/DeadLetter.json). */
const LONGEST_REASON = 1000;

/** What a message is wrong in: nothing of JSON at all, its payload, or only what stands around its payload. */
const FAULTS = ['not JSON', 'payload', 'envelope'] as const;

/** A dead letter of each kind of fault, as other programs make them; the payload of the last one is as it should be. */
export function someLetters(random: Random, now: number): DeadLetter[] {
  return FAULTS.map((fault, index) => {
    const job_type = pick(random, JOB_TYPE_VALUES);
    const job_id = uuid(random);
    const message = {
      schema_version: '1.0',
      job_id,
      job_type,
      submitted_at: iso(now),
      ...(fault === 'envelope' ? {} : { trace_id: uuid(random) }),
      payload: fault === 'payload' ? { units: 'kelvin' } : pick(random, examplePayloads(job_type)),
    };
    const text = fault === 'not JSON' ? '<job/>' : JSON.stringify(message);
    const found = fault === 'not JSON' ? [] : faultsOf(job_type, message);
    const reason = fault === 'not JSON' ? 'the message is not JSON at position 0' : inOneLine(found);
    return {
      dead_letter_id: `${topicOf(job_type)}:${Math.floor(random() * 6)}:${Math.floor(random() * 5000)}`,
      job_type,
      key: job_id,
      ...(fault === 'not JSON' ? {} : { job_id }),
      reason: cut(reason, LONGEST_REASON),
      violations: found,
      size: Buffer.byteLength(text),
      buried_at: iso(now - (FAULTS.length - index) * 7 * 60_000),
      headers: { 'content-type': 'application/json' },
      value_base64: Buffer.from(text).toString('base64'),
    };
  });
}

function faultsOf(jobType: JobType, message: object): Violation[] {
  const validate = strict.JobMessage[jobType];
  return validate(message) ? [] : violations(validate.errors, message);
}

/** The topic of the type's plain jobs. */
function topicOf(jobType: JobType): string {
  const channels: readonly Channel[] = Object.values(CHANNELS);
  const found = channels.find((channel) => channel.jobType === jobType && channel.kafka !== null);
  return found?.address ?? jobType;
}

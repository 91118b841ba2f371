import { CHANNELS, type Channel } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { DeadLetter, JobType, Violation } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { canonical, JsonRefused, parseJson } from './json.ts';
import { iso } from './life.ts';
import { examplePayloads } from './output.ts';
import { pick, type Random, uuid } from './random.ts';
import { cut, violations } from './violations.ts';

type Revived =
  | { readonly ok: true; readonly job_type: JobType; readonly payload: object; readonly corrected: boolean }
  | { readonly ok: false; readonly faults: readonly Violation[] };

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

/** What a dead letter is to be submitted as: with the payload that is given, else with its own where that is valid by now. */
export function revive({ job_type: named, value_base64 }: DeadLetter, given: object | undefined): Revived {
  const job_type = JOB_TYPE_VALUES.find((jobType) => jobType === named);
  if (job_type === undefined) {
    const known = JOB_TYPE_VALUES.map((jobType) => JSON.stringify(jobType)).join(', ');
    return refuse('/job_type', `must be one of ${known}, not ${JSON.stringify(named)}`);
  }
  const own = payloadOf(value_base64);
  if (given !== undefined) {
    const validate = strict.Payload[job_type];
    if (!validate(given)) return { ok: false, faults: violations(validate.errors, given, '/payload') };
    return { ok: true, job_type, payload: given, corrected: own === undefined || canonical(own) !== canonical(given) };
  }
  if (own === undefined) return refuse('/payload', 'is required, for the message has none that can be read');
  const validate = tolerant.Payload[job_type];
  if (!validate(own)) return { ok: false, faults: violations(validate.errors, own, '/payload') };
  return { ok: true, job_type, payload: own, corrected: false };
}

function refuse(pointer: string, message: string): Revived {
  return { ok: false, faults: [{ pointer, message }] };
}

function payloadOf(base64: string): unknown {
  try {
    return (parseJson(Buffer.from(base64, 'base64')) as { payload?: unknown } | null)?.payload;
  } catch (error) {
    if (error instanceof JsonRefused) return undefined;
    throw error;
  }
}

function faultsOf(jobType: JobType, message: object): Violation[] {
  const validate = strict.JobMessage[jobType];
  return validate(message) ? [] : violations(validate.errors, message);
}

function inOneLine(found: readonly Violation[]): string {
  return found.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
}

/** The topic of the type's plain jobs. */
function topicOf(jobType: JobType): string {
  const channels: readonly Channel[] = Object.values(CHANNELS);
  const found = channels.find((channel) => channel.jobType === jobType && channel.kafka !== null);
  return found?.address ?? jobType;
}

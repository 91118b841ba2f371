import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { DeadLetter, JobType, Violation } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { JsonRefused, parseJson } from './json.ts';
import { canonical } from './submit-id.ts';
import { violations } from './violations.ts';

export type Revived =
  | { readonly ok: true; readonly job_type: JobType; readonly payload: object; readonly corrected: boolean }
  /** Why nothing can be submitted, by JSON pointers into a submit. */
  | { readonly ok: false; readonly faults: readonly Violation[] };

/**
 * What a dead letter is to be submitted as: with the payload that is given, else with its own. A given one is held to the
 * schema as every submit is; its own, as every message is, may have fields that nobody knows, which are dropped.
 */
export function revive({ job_type: named, value_base64 }: DeadLetter, given: object | undefined): Revived {
  const job_type = JOB_TYPE_VALUES.find((jobType) => jobType === named);
  if (job_type === undefined) {
    const known = JOB_TYPE_VALUES.map((jobType) => JSON.stringify(jobType)).join(', ');
    return fault('/job_type', `must be one of ${known}, not ${JSON.stringify(named)}`);
  }
  const own = payloadOf(value_base64);
  if (given !== undefined) {
    const validate = strict.Payload[job_type];
    if (!validate(given)) return { ok: false, faults: violations(validate.errors, given, '/payload') };
    return { ok: true, job_type, payload: given, corrected: own === undefined || canonical(own) !== canonical(given) };
  }
  if (own === undefined) return fault('/payload', 'is required, for the message has none that can be read');
  const validate = tolerant.Payload[job_type];
  if (!validate(own)) return { ok: false, faults: violations(validate.errors, own, '/payload') };
  return { ok: true, job_type, payload: own, corrected: false };
}

function fault(pointer: string, message: string): Revived {
  return { ok: false, faults: [{ pointer, message }] };
}

/** The payload of a message; undefined where it is no JSON, or has none. */
function payloadOf(base64: string): unknown {
  try {
    const parsed = parseJson(Buffer.from(base64, 'base64'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as { payload?: unknown }).payload : undefined;
  } catch (error) {
    if (error instanceof JsonRefused) return undefined;
    throw error;
  }
}

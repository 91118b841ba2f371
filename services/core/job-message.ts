import type { JobMessage, JobType, Violation } from '@dtq/generated/schemas/types.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { JsonRefused, parseJson } from './json.ts';
import { inOneLine, MOST_VIOLATIONS, violations } from './violations.ts';

export type Decoded = { readonly ok: true; readonly job: JobMessage } | NoJob;

/** Why a message is no job. */
export interface NoJob {
  readonly ok: false;
  readonly reason: string;
  /** Every place where it breaks its schema, up to the bound of the contract; none where it is no JSON. */
  readonly violations: readonly Violation[];
  /** Where those at least could be read. */
  readonly job_id: string | null;
  readonly trace_id: string | null;
}

/** Reads a message of a type's topic, by the tolerant form of its schema: unknown fields are dropped, all else must hold. */
export function decodeJobMessage(jobType: JobType, value: Uint8Array): Decoded {
  let parsed: unknown;
  try {
    parsed = parseJson(value);
  } catch (error) {
    if (error instanceof JsonRefused)
      return { ok: false, reason: `the message ${error.message}`, violations: [], job_id: null, trace_id: null };
    throw error;
  }
  const validate = tolerant.JobMessage[jobType];
  if (validate(parsed)) return { ok: true, job: { ...parsed, job_id: parsed.job_id.toLowerCase() } };
  const { job_id, trace_id } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<string, unknown>;
  const found = violations(validate.errors, parsed);
  return {
    ok: false,
    reason: inOneLine(found),
    violations: found.slice(0, MOST_VIOLATIONS),
    job_id: tolerant.JobId(job_id) ? job_id.toLowerCase() : null,
    trace_id: tolerant.TraceId(trace_id) ? trace_id : null,
  };
}

/** The bytes of a job message. */
export function encodeJobMessage(job: JobMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(job));
}

/** The ids by which a log line is tied to a message's job; empty where they cannot be read. */
export function idsOf(jobType: JobType, value: Uint8Array): { job_id?: string; trace_id?: string } {
  const decoded = decodeJobMessage(jobType, value);
  const { job_id, trace_id } = decoded.ok ? decoded.job : decoded;
  return { ...(job_id === null ? {} : { job_id }), ...(trace_id === null ? {} : { trace_id }) };
}

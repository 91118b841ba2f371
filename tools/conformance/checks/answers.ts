import { randomUUID } from 'node:crypto';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobResult, JobType, Problem, ProblemCode } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { hold, same, shown, valid } from '../check.ts';
import { type Answer, answered } from '../http.ts';
import type { Kit } from '../kit.ts';
import { jobResult } from '../schemas.ts';

/** Holds an answer to a problem of the contract. */
export function refused(answer: Answer, status: number, code: ProblemCode): Problem {
  answered(answer, status);
  same(answer.type, 'application/problem+json', `the media type of the answer to ${answer.asked}`);
  const problem = valid(strict.Problem, answer.json, `the problem of ${answer.asked}`);
  same(problem.status, status, `the status within the problem of ${answer.asked}`);
  same(problem.code, code, `the code of the problem of ${answer.asked}`);
  return problem;
}

/** Holds an answer to a 400 that names exactly these places. */
export function violationsAt(answer: Answer, ...pointers: string[]): void {
  const { violations = [] } = refused(answer, 400, 'invalid_request');
  const named = [...new Set(violations.map(({ pointer }) => pointer))].sort();
  same(named, [...pointers].sort(), `the places that the 400 to ${answer.asked} names`);
}

/** The media type of a JSON answer, and its body once it has been held to its schema. */
export function json<T>(answer: Answer, status: number, validate: Parameters<typeof valid<T>>[0], what: string): T {
  answered(answer, status);
  same(answer.type, 'application/json', `the media type of the answer to ${answer.asked}`);
  return valid(validate, answer.json, what);
}

/** The durable document of a job that has ended, over HTTP. */
export async function documentOf(kit: Kit, jobId: string, jobType: JobType): Promise<JobResult> {
  const answer = await kit.http.call(operationPath('getJob', { job_id: jobId }));
  return json(answer, 200, jobResult(jobType), `the document of ${jobId}`);
}

/** Version 4, lower case. */
export function isUuid4(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}

/** Milliseconds since 1970 of a timestamp of the contract. */
export function moment(text: string | undefined, what: string): number {
  const at = Date.parse(text ?? '');
  hold(!Number.isNaN(at), `${what} must be a time, and is ${shown(text)}`);
  return at;
}

/** A well-formed id that no store knows. */
export function unknownId(): string {
  return randomUUID();
}

/** Fails where a list of places of a job goes back within one attempt, or after its end. */
export function neverBackwards(
  places: readonly {
    readonly state: string;
    readonly progress_percent: number;
    readonly attempt?: number | undefined;
  }[],
  what: string,
): void {
  let before = { state: 'queued', progress_percent: 0, attempt: 1 };
  for (const { state, progress_percent, attempt = 1 } of places) {
    const wasFinal = before.state === 'completed' || before.state === 'failed';
    const isBack =
      attempt < before.attempt ||
      (attempt === before.attempt && progress_percent < before.progress_percent) ||
      (state === 'queued' && before.state !== 'queued') ||
      (wasFinal && state !== before.state);
    hold(
      !isBack,
      `${what} must never move backwards, and goes from ${before.state} ${before.progress_percent} to ${state} ${progress_percent}`,
    );
    before = { state, progress_percent, attempt };
  }
}

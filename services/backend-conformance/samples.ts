import { randomUUID } from 'node:crypto';
import type { AttemptStart, StatusChange } from '@dtq/core/ports.ts';
import { JOB_PAGES, type Jobs } from '@dtq/generated/jobs/index.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobMessage, JobResult, JobType, ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';

// Valid messages and documents with ids of their own, from the examples of the job types.

const { examples } = await JOB_PAGES.weather();
const example = examples[0];
if (example === undefined) throw new Error('the weather type has no example');

/** Its time tells nothing here; it only has to be one. */
const AT = '2026-02-14T15:12:04.000Z';

export function aJob(job_id: string = randomUUID(), payload: Partial<Jobs['weather']['payload']> = {}): JobMessage {
  return {
    schema_version: '1.0',
    job_id,
    job_type: 'weather',
    submitted_at: AT,
    trace_id: randomUUID(),
    payload: { ...example?.payload, ...payload } as Jobs['weather']['payload'],
  };
}

/** A job of any type, from its first example. */
export async function aJobOf(jobType: JobType, job_id: string = randomUUID()): Promise<JobMessage> {
  const [first] = (await JOB_PAGES[jobType]()).examples;
  return { ...aJob(job_id), job_type: jobType, payload: first?.payload } as JobMessage;
}

export function aResult(job_id: string = randomUUID(), temperature = 20.4): JobResult {
  return {
    schema_version: '1.0',
    job_id,
    job_type: 'weather',
    input: example?.payload as Jobs['weather']['payload'],
    output: { ...(example?.output as Jobs['weather']['output']), temperature },
    final_state: 'completed',
    started_at: AT,
    completed_at: AT,
    error: null,
    trace_id: randomUUID(),
  };
}

export function aFailedResult(job_id: string = randomUUID()): JobResult {
  return {
    ...aResult(job_id),
    input: {},
    output: null,
    final_state: 'failed',
    error: { code: 'invalid_message', message: 'the message is not JSON' },
  } as JobResult;
}

export type Step = Omit<StatusChange, 'job_id' | 'trace_id' | 'updated_at' | 'attempt' | 'message'>;

/** The steps of a job, by the names of the milestones, and its failure at 50 percent. */
export const STEPS = {
  queued: MILESTONES.queued,
  started: MILESTONES.started,
  calling: MILESTONES.calling,
  storing: MILESTONES.storing,
  completed: MILESTONES.completed,
  failed: { state: 'failed', progress_percent: 50, error_code: 'provider_timeout', error_message: 'too slow' },
} as const satisfies Readonly<Record<string, Step>>;

export type StepName = keyof typeof STEPS;

export function aChange(job_id: string, step: StepName, attempt = 1): StatusChange {
  return { job_id, trace_id: randomUUID(), attempt, updated_at: AT, message: step, ...STEPS[step] };
}

/** A change that begins an attempt. */
export function aStart(job_id: string): AttemptStart {
  const { attempt: _, ...start } = aChange(job_id, 'started');
  return start;
}

/** A status as another program writes it: the required fields and nothing of ours. */
export function aForeignHash(state: string, progress_percent: number): Readonly<Record<string, string>> {
  return { state, progress_percent: String(progress_percent), updated_at: AT, message: 'written by another program' };
}

export function aQuestion(job_id: string = randomUUID()): ProgressRequest {
  return { job_id, request_id: randomUUID(), requested_at: AT };
}

export function aReply(job_id: string, progress_percent = 50): ProgressReply {
  return { job_id, state: 'running', progress_percent, message: `at ${progress_percent}`, timestamp: AT };
}

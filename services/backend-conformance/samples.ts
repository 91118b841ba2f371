import { randomUUID } from 'node:crypto';
import type { AttemptStart, StatusChange } from '@dtq/core/ports.ts';
import { JOB_PAGES, type Jobs } from '@dtq/generated/jobs/index.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type {
  JobMessage,
  JobResult,
  JobType,
  ProgressReply,
  ProgressRequest,
  Replay,
  ScheduledJob,
  SubmitRecord,
} from '@dtq/generated/schemas/types.ts';

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

/** The document of a job of any type that completed, from its first example. */
export async function aResultOf(jobType: JobType, job_id: string = randomUUID()): Promise<JobResult> {
  const [first] = (await JOB_PAGES[jobType]()).examples;
  return { ...aResult(job_id), job_type: jobType, input: first?.payload, output: first?.output } as JobResult;
}

/** A row of the schedule that puts a job on the queue; due since a second, unless the part says otherwise. */
export function aRow(job: JobMessage, part: Partial<Omit<ScheduledJob, 'job_type' | 'message'>> = {}): ScheduledJob {
  const { kind = 'run' } = part;
  return {
    schedule_id: `${job.job_id}:${kind}`,
    due_at: new Date(Date.now() - 1000).toISOString(),
    job_id: job.job_id,
    job_type: job.job_type,
    message: job,
    priority: 'normal',
    attempt: 1,
    ...part,
    kind,
  } as ScheduledJob;
}

export function aReplay(replay_of: string, replayed_at: string = AT): Replay {
  return { job_id: randomUUID(), replay_of, kind: 'job', replayed_at, corrected: false };
}

/** What stands for an Idempotency-Key while its request is answered; written now. */
export function aSubmitRecord(part: Partial<SubmitRecord> = {}): SubmitRecord {
  return {
    state: 'in_flight',
    fingerprint: 'a'.repeat(64),
    job_id: randomUUID(),
    at: new Date().toISOString(),
    ...part,
  };
}

/**
 * An hour in which nothing else of the space was submitted, in ms since 1970, before any time that the other samples have; so
 * that a test can ask for all that it made itself, and for nothing else.
 */
export function anHour(): { readonly since: number; readonly until: number } {
  const since = Math.floor(Math.random() * 300_000) * 3_600_000;
  return { since, until: since + 3_600_000 };
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

import { documentOf, finalStatus } from '@dtq/core/job-document.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobError, JobResult, JobStatus } from '@dtq/generated/schemas/types.ts';
import { AUSTIN_OUTPUT } from '@dtq/testkit/held-handler.ts';

// Plays the worker through the ports, one step at a time, so that a test decides what happens between them.

type Ports = Pick<Backend, 'statuses' | 'results'>;

/** Begins an attempt. */
export async function beginJob({ statuses }: Ports, jobId: string): Promise<void> {
  const updated_at = new Date().toISOString();
  await statuses.begin({ job_id: jobId, ...MILESTONES.started, updated_at, worker: 'played' });
}

/** Makes the document of a job durable, and says nothing of it in its status. Gives what stands. */
export async function storeEnd(
  { statuses, results }: Ports,
  jobId: string,
  error: JobError | null = null,
): Promise<JobResult> {
  const { stored } = await results.insert(documentOf(await jobOf(statuses, jobId), endOf(error), now()));
  return stored;
}

/** Ends a job as a worker does: the document, then the final status. */
export async function endJob(ports: Ports, jobId: string, error: JobError | null = null): Promise<JobResult> {
  const stored = await storeEnd(ports, jobId, error);
  await ports.statuses.advance(finalStatus(stored, { attempt: 1, progress_percent: 50, at: now() }));
  return stored;
}

async function jobOf(statuses: Backend['statuses'], jobId: string) {
  const status = await statuses.get(jobId);
  if (status === null) throw new Error(`${jobId} has no status`);
  const { job_type = 'weather', input, trace_id, submitted_at, priority, replay_of, attempts }: JobStatus = status;
  return { job_id: jobId, job_type, input, trace_id, submitted_at, priority, replay_of, attempts };
}

function endOf(error: JobError | null) {
  return error === null ? { output: AUSTIN_OUTPUT, error } : { output: null, error };
}

function now(): string {
  return new Date().toISOString();
}

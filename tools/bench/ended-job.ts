import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobAccepted, JobResult } from '@dtq/generated/schemas/types.ts';

/** Submits a job to an API and waits until it is done; gives its id. */
export async function endedJob(api: string): Promise<string> {
  const body = JSON.stringify({ job_type: 'weather', payload: { city: 'Austin', units: 'metric' } });
  const headers = { 'content-type': 'application/json' };
  const accepted = await fetch(`${api}${operationPath('submitJob', {})}`, { method: 'POST', headers, body });
  const { job_id } = (await accepted.json()) as JobAccepted;
  const ended = await fetch(`${api}${operationPath('getJob', { job_id })}?wait=30s`);
  const { final_state } = (await ended.json()) as Partial<JobResult>;
  if (final_state !== 'completed') throw new Error(`the job is ${final_state}`);
  return job_id;
}

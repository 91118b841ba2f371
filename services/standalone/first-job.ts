import { milestoneMessage } from '@dtq/core/milestones.ts';
import type { StatusStore } from '@dtq/core/ports.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';

const BAR_WIDTH = 20;

/**
 * Shows a new user the whole way of one job: submits the first example of the weather type through the generated client,
 * prints each milestone as it is written, and then the result. Rejects where the job is not accepted or does not end.
 */
export async function showFirstJob(
  url: string,
  statuses: Pick<StatusStore, 'watch' | 'get'>,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = createClient({ baseUrl: url });
  const [example] = (await JOB_PAGES.weather()).examples;
  if (example === undefined) throw new Error('the weather type has no example');
  print(`A first job: the weather in ${example.payload.city}, through the generated client.`);
  const began = performance.now();
  const {
    data: accepted,
    error,
    response,
  } = await client.submitJob({ body: { job_type: 'weather', payload: example.payload }, signal });
  if (accepted === undefined)
    throw new Error(`the first job was not accepted: ${response.status} ${error?.detail ?? error?.title ?? ''}`);
  print(`  POST ${operationPath('submitJob', {})} -> ${response.status}, job_id ${accepted.job_id}`);

  await printProgress(accepted.job_id, statuses, print, signal);

  const { data: job } = await client.getJob({ params: { path: { job_id: accepted.job_id } }, signal });
  if (job === undefined || !(JOB_RESULTS_FIELD.final_state in job)) throw new Error('the first job has no document');
  print(
    `  GET ${operationPath('getJob', { job_id: accepted.job_id })} -> ${job.final_state} after ${Math.round(performance.now() - began)} ms`,
  );
  if (job.error === null)
    print(
      `  ${Object.entries(job.output)
        .map(([field, value]) => `${field} ${value}`)
        .join(', ')}`,
    );
  else print(`  ${job.error.code}: ${job.error.message}`);
}

/** Prints every milestone once, in order: those that the history holds already, then each as it comes. */
async function printProgress(
  jobId: string,
  statuses: Pick<StatusStore, 'watch' | 'get'>,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let printed = 0;
  const ended = Promise.withResolvers<void>();
  const show = (status: JobStatus): void => {
    for (const entry of status.history ?? []) {
      if (entry.sequence <= printed) continue;
      printed = entry.sequence;
      const message = entry.sequence === status.sequence ? status.message : milestoneMessage(entry);
      const full = Math.round((entry.progress_percent / 100) * BAR_WIDTH);
      print(
        `  [${'#'.repeat(full).padEnd(BAR_WIDTH, '.')}] ${String(entry.progress_percent).padStart(3)} %  ${entry.state.padEnd(9)}  ${message}`.trimEnd(),
      );
    }
    if (isFinal(status.state)) ended.resolve();
  };
  const stop = (): void => ended.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const unwatch = await statuses.watch(jobId, show);
  try {
    const now = await statuses.get(jobId);
    if (now !== null) show(now);
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await unwatch();
  }
}

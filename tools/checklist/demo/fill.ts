import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import type { Client } from '@dtq/generated/rest/client.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';

/** Jobs that a scene speaks of, by what became of them. */
export interface Filled {
  /** As many as were submitted together, all types among them. */
  readonly batch: number;
  /** Its provider failed twice and was called again; it completed. */
  readonly flaky: string;
  /** Its provider stays down: every attempt that the policy allows. */
  readonly retried: string;
  readonly failed: string;
  readonly scheduled: string;
  readonly cancelled: string;
}

const CITIES = ['Austin', 'Tokyo', 'Reykjavík', 'Nairobi', 'Lima', 'Oslo', 'Hanoi', 'Quito'];
const END_MS = 60_000;

/** Fills a platform as a day of use does; resolves once what is to end has ended. */
export async function fill(client: Client): Promise<Filled> {
  const pages = await Promise.all(JOB_TYPE_VALUES.map((type) => JOB_PAGES[type]()));
  const examples = pages.flatMap(({ jobType, examples: all }) =>
    all.map(({ payload }) => ({ job_type: jobType, payload }) as SubmitJobRequest),
  );
  const weather = CITIES.map((city): SubmitJobRequest => ({ job_type: 'weather', payload: { city, units: 'metric' } }));
  const jobs = [...examples, ...weather];
  const { data, error } = await client.submitJobs({ body: { jobs } });
  if (data === undefined || data.refused > 0)
    throw new Error(`the batch was not accepted: ${JSON.stringify(error ?? data)}`);

  const submit = async (body: SubmitJobRequest): Promise<string> => {
    const answer = await client.submitJob({ body });
    if (answer.data === undefined) throw new Error(`not accepted: ${JSON.stringify(answer.error)}`);
    return answer.data.job_id;
  };
  const flaky = await submit({ job_type: 'weather', payload: { city: 'Flaky', units: 'metric' } });
  const retried = await submit({ job_type: 'github_user', payload: { username: 'Down' } });
  const failed = await submit({ job_type: 'weather', payload: { city: 'Nowhere', units: 'metric' } });
  const later: SubmitJobRequest = { job_type: 'weather', payload: { city: 'Reykjavík', units: 'metric' }, delay: '2h' };
  const scheduled = await submit(later);
  const cancelled = await submit({ ...later, delay: '1h' });
  await client.cancelJob({ params: { path: { job_id: cancelled } } });
  for (const job_id of [flaky, retried, failed, cancelled])
    await eventually(
      `job ${job_id} has ended`,
      async () => {
        const { data: found } = await client.getJob({ params: { path: { job_id } } });
        return found !== undefined && 'final_state' in found;
      },
      END_MS,
    );
  return { batch: jobs.length, flaky, retried, failed, scheduled, cancelled };
}

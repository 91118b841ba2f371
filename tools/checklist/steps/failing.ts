import { hold, same, valid } from '@dtq/conformance/check.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { JobErrorCode } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Notes, Step } from '../checklist.ts';
import type { Ground } from '../ground.ts';
import { hasBrowser } from '../page.ts';
import { DOWN_CITY, UNKNOWN_CITY } from '../provider.ts';
import { linesOf } from './logs.ts';

interface Expected {
  readonly city: string;
  readonly code: JobErrorCode;
  readonly attempts: number;
}

/** One that no further attempt can better, and one that is tried as often as the policy of its type allows. */
const EXPECTED: readonly Expected[] = [
  { city: UNKNOWN_CITY, code: 'city_not_found', attempts: 1 },
  { city: DOWN_CITY, code: 'provider_unavailable', attempts: JOB_POLICIES.weather.attempts },
];

async function fail(ground: Ground, { city, code, attempts }: Expected, notes: Notes): Promise<string> {
  const { job_id } = await ground.submit({ job_type: 'weather', payload: { city, units: 'metric' } });
  notes.doing(`${city}: waiting for its end`);
  const document = await ground.ended(job_id);
  valid(strict.FailedJobResult.weather, document, 'the document');
  const { final_state, error, output } = document;
  notes.show(`${city}: GET /v1/jobs/${job_id}`, { final_state, error, output });
  notes.show(`${city}: its attempts`, document.attempts);
  same({ final_state, code: error?.code, output }, { final_state: 'failed', code, output: null }, 'how it ended');
  hold((error?.message ?? '').length > 0, 'the error must have words');
  const outcomes = (document.attempts ?? []).map((one) => ({ outcome: one.outcome, code: one.error?.code }));
  const retried = Array.from({ length: attempts - 1 }, () => ({ outcome: 'retried', code }));
  same(outcomes, [...retried, { outcome: 'failed', code }], 'its attempts');

  const hash = decodeJobStatus(await ground.parts.space.redis.hGetAll(jobStatusKey(job_id)));
  const { state, progress_percent, error_code, error_message } = valid(strict.JobStatus, hash, 'the hash');
  notes.show(`${city}: in Redis`, { state, progress_percent, error_code, error_message });
  same(
    { state, error_code, error_message },
    { state: 'failed', error_code: code, error_message: error?.message },
    'Redis',
  );
  same(progress_percent, 50, 'the progress that it reached');
  const lines = await ground.until('its end is logged', () => {
    const found = linesOf(ground.worker, job_id);
    return found.some((line) => line['state'] === 'failed') ? found : null;
  });
  notes.show(`${city}: the log of the worker`, lines.map((line) => JSON.stringify(line)).join('\n'));
  same(lines.at(-1)?.['code'], code, 'the code in its last line');
  return job_id;
}

export const failingJobs: Step<Ground> = {
  id: 'failing',
  title: 'Failing jobs: code, details, attempts and log',
  needs: ['end'],
  run: async (ground, notes) => {
    const { pages } = ground.parts;
    const ids: string[] = [];
    for (const expected of EXPECTED) ids.push(await fail(ground, expected, notes));
    const { data } = await ground.api.client.listJobs({ params: { query: { state: 'failed' } } });
    const listed = (data?.jobs ?? []).map(({ job_id }) => job_id);
    same(listed.toSorted(), ids.toSorted(), 'the jobs of GET /v1/jobs?state=failed');
    if (hasBrowser()) {
      const page = await pages.open(`${ground.api.url}/jobs/${ids.at(-1)}`);
      await page.locator('.job-title .badge', { hasText: 'failed' }).waitFor();
      notes.picture('the page of the second one', await pages.shoot(page, 'failed'));
    }
    return EXPECTED.map(({ city, code, attempts }) => `${city}: ${code} after ${attempts} attempt(s)`).join('; ');
  },
};

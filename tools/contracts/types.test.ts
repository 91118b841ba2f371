import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

// Every type of job that the contracts know, those too that somebody adds later: what its spec gives as examples goes
// through the whole system, from REST to the durable document.

describe('every example of every type of job is accepted, done and kept', () => {
  for (const jobType of JOB_TYPE_VALUES) {
    it(jobType, async () => {
      const { client } = await startSystem();
      for (const { payload } of (await JOB_PAGES[jobType]()).examples) {
        const { data, error } = await client.submitJob({ body: { job_type: jobType, payload } as SubmitJobRequest });
        expect(data, JSON.stringify(error)).toMatchObject({ job_type: jobType, state: 'queued' });
        const path = { job_id: String(data?.job_id) };
        const document = await eventually('it ended', async () => {
          const { data: job } = await client.getJob({ params: { path } });
          return job !== undefined && 'final_state' in job ? job : undefined;
        });
        expect(document).toMatchObject({ job_type: jobType, final_state: 'completed', input: payload });
        const validate = strict.CompletedJobResult[jobType];
        expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      }
    });
  }

  it('a payload of one type is refused for another', async () => {
    const { client } = await startSystem({ worker: false });
    const types: readonly JobType[] = ['weather', 'exchange_rate', 'github_user'];
    for (const [index, jobType] of types.entries()) {
      const other = types[(index + 1) % types.length] as JobType;
      const [example] = (await JOB_PAGES[other]()).examples;
      const body = { job_type: jobType, payload: example?.payload } as SubmitJobRequest;
      const { error, response } = await client.submitJob({ body });
      expect(response.status).toBe(400);
      expect(error).toMatchObject({ code: 'invalid_request' });
    }
  });
});

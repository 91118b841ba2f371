import { same, valid } from '@dtq/conformance/check.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

/** What most of the other steps build on: jobs come to their end here. */
export const theEnd: Step<Ground> = {
  id: 'end',
  title: 'REST: the job has ended, and a worker says so too',
  needs: ['worker'],
  run: async (ground, notes) => {
    const { job_id } = await ground.job();
    const document = await ground.ended(job_id);
    valid(strict.CompletedJobResult.weather, document, `the answer of GET /v1/jobs/${job_id}`);
    same(document.input, AUSTIN.payload, 'its input');
    notes.show(`GET /v1/jobs/${job_id}`, { final_state: document.final_state, output: document.output });
    const { data } = await ground.api.client.getJobStatus({ params: { path: { job_id } } });
    const { state, progress_percent } = valid(
      strict.ProgressReply,
      data,
      `the answer of GET /v1/jobs/${job_id}/status`,
    );
    notes.show(`GET /v1/jobs/${job_id}/status`, data);
    const { completed } = MILESTONES;
    const end = { state: completed.state, progress_percent: completed.progress_percent };
    same({ state, progress_percent }, end, 'what the worker says');
    return `${document.final_state}: ${JSON.stringify(document.output)}`;
  },
};

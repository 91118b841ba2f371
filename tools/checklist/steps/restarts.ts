import { hold, same } from '@dtq/conformance/check.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

export const workerKilled: Step<Ground> = {
  id: 'kill',
  title: 'kill -9 of the worker in mid-job: another one goes on',
  needs: ['end'],
  run: async (ground, notes) => {
    const { provider, space } = ground.parts;
    provider.hold();
    try {
      const { job_id } = await ground.submit(AUSTIN);
      await ground.reached(job_id, MILESTONES.calling.progress_percent);
      const { pid } = ground.worker;
      same(await ground.worker.end('SIGKILL'), 'SIGKILL', 'how the worker ended');
      provider.release();
      const { data: between } = await ground.api.client.getJob({ params: { path: { job_id } } });
      notes.show(`process ${pid} is killed; GET /v1/jobs/${job_id}`, between);
      hold(between !== undefined && !('final_state' in between), 'the job must not have ended with its worker');
      notes.doing('starting another worker; Kafka gives it the share of the one that is gone');
      const next = await ground.startWorker();
      const document = await ground.ended(job_id);
      notes.show('its attempts', document.attempts);
      same(document.final_state, 'completed', 'how the job ended');
      const outcomes = (document.attempts ?? []).map(({ outcome }) => outcome);
      // Another one may be lost with a share of the topic that moves on.
      const lost = Array.from({ length: Math.max(1, outcomes.length - 1) }, () => 'lost');
      same(outcomes, [...lost, 'completed'], 'the outcomes of its attempts');
      const results = space.mongo.database.collection(space.collection);
      same(await results.countDocuments({ [JOB_RESULTS_FIELD.job_id]: job_id }), 1, 'the number of its documents');
      return `job ${job_id}: the attempt of process ${pid} is lost, that of process ${next.pid} completed it; one document`;
    } finally {
      provider.release();
    }
  },
};

export const everythingRestarted: Step<Ground> = {
  id: 'restart',
  title: 'Restart of API and worker: what was is still there, and what waited goes on',
  needs: ['end'],
  run: async (ground, notes) => {
    const { job_id } = await ground.job();
    const before = await ground.ended(job_id);
    notes.doing('stopping the worker');
    same(await ground.worker.end(), 0, 'the exit code of the worker after SIGTERM');
    const waiting = await ground.submit(AUSTIN);
    notes.doing('stopping the API');
    same(await ground.api.program.end(), 0, 'the exit code of the API after SIGTERM');
    notes.show('SIGTERM', 'both ended with exit code 0; one job waits');

    const { client, url } = await ground.startApi();
    same(await ground.ended(job_id), before, 'the document of the first job after the restart');
    const { data } = await client.getJob({ params: { path: { job_id: waiting.job_id } } });
    notes.show(`a new API at ${url}; GET /v1/jobs/${waiting.job_id}`, data);
    hold(data !== undefined && 'state' in data && data.state === 'queued', 'the job that waited must wait still');
    await ground.startWorker();
    const { final_state, trace_id } = await ground.ended(waiting.job_id);
    same(
      { final_state, trace_id },
      { final_state: 'completed', trace_id: waiting.trace_id },
      'the end of the job that waited',
    );
    notes.show('after the start of a worker', { job_id: waiting.job_id, final_state, trace_id });
    return `job ${job_id} reads as before; job ${waiting.job_id} waited through the restart and completed`;
  },
};

import { OPERATIONS, operationPath } from '@dtq/generated/rest/operations.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, valid } from '../check.ts';
import { answered } from '../http.ts';
import { jobResult } from '../schemas.ts';
import { documentOf, json, moment, neverBackwards, refused, unknownId, violationsAt } from './answers.ts';

const statusPath = (job_id: string): string => operationPath('getJobStatus', { job_id });
const jobPath = (job_id: string): string => operationPath('getJob', { job_id });
const MILESTONES = new Set([0, 20, 50, 80, 100]);

export const STATUS_CHECKS: readonly Check[] = [
  {
    id: 'http.status-reply',
    title: 'the status of a completed job is the progress reply',
    promise: '`GET /v1/jobs/{job_id}/status` (asked over RabbitMQ request/reply): 200 the progress reply of section 4',
    needs: [],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const answer = await kit.http.call(statusPath(accepted.job_id));
      const reply = json(answer, 200, strict.KnownProgressReply, 'the progress reply');
      same(reply.job_id, accepted.job_id, 'its job_id');
      same([reply.state, reply.progress_percent], ['completed', 100], 'its state and progress');
      note(answer.text);
    },
  },
  {
    id: 'http.status-failed',
    title: 'a failed job keeps the progress it reached',
    promise: 'a failure keeps the progress it reached.',
    needs: ['failing-job'],
    run: async (kit, note) => {
      const { accepted, last } = await kit.failedJob();
      same(last.state, 'failed', `the state of ${accepted.job_id}`);
      hold(last.progress_percent < 100, `a failed job must stay below 100 %, and is at ${last.progress_percent} %`);
      note(`${last.state} ${last.progress_percent} ${last.message}`);
    },
  },
  {
    id: 'http.status-not-uuid',
    title: 'an id that is no UUID is 400',
    promise: '`GET /v1/jobs/{job_id}/status`: 400 not a UUID',
    needs: [],
    run: async ({ http }) => {
      for (const id of ['42', 'not-a-uuid', `${unknownId()}0`])
        violationsAt(await http.call(`${OPERATIONS.submitJob.path}/${id}/status`), '#/path/job_id');
    },
  },
  {
    id: 'http.status-unknown',
    title: 'an unknown job is 404, whatever the version of its UUID',
    promise: '404 unknown job (any UUID version is a well-formed id)',
    needs: [],
    run: async ({ http }) => {
      for (const version of ['1', '4', '7']) {
        const id = `${unknownId().slice(0, 14)}${version}${unknownId().slice(15)}`;
        refused(await http.call(statusPath(id)), 404, 'job_not_found');
      }
    },
  },
  {
    id: 'http.status-milestones',
    title: 'a job passes the milestones, never backwards',
    promise:
      'Milestones of every job: `queued 0 -> running 20` (started) `-> running 50` (before the provider call) `-> running 80` (before the durable write) `-> completed 100`',
    needs: [],
    run: async (kit, note) => {
      const { job_id } = await kit.submit(kit.settings.job);
      const seen: { state: string; progress_percent: number }[] = [];
      await kit.until(`the job ${job_id} has ended`, async () => {
        const answer = await kit.http.call(statusPath(job_id));
        if (answer.status === 504) return null;
        const { state, progress_percent } = json(answer, 200, strict.KnownProgressReply, 'a progress reply');
        seen.push({ state, progress_percent });
        return state === 'completed' || state === 'failed';
      });
      neverBackwards(seen, `the status of ${job_id}`);
      const all = [...new Set(seen.map(({ progress_percent }) => progress_percent))];
      hold(
        all.every((progress) => MILESTONES.has(progress)),
        `progress must be one of 0, 20, 50, 80, 100, and was ${all.join(', ')}`,
      );
      same(seen.at(-1), { state: 'completed', progress_percent: 100 }, 'the last milestone');
      note(all.join(' -> '));
    },
  },
  {
    id: 'http.job-document',
    title: 'the document of a completed job',
    promise: '`GET /v1/jobs/{job_id}`: 200 the durable result document of section 3 once final',
    needs: ['results'],
    run: async (kit, note) => {
      const { accepted, submit } = await kit.completedJob();
      const document = await documentOf(kit, accepted.job_id, submit.job_type);
      same(document.job_id, accepted.job_id, 'its job_id');
      same(document.final_state, 'completed', 'its final_state');
      same(document.input, submit.payload, 'its input');
      same(document.error, null, 'its error');
      hold(document.output !== null, 'a completed job must have an output');
      hold(
        moment(document.started_at, 'started_at') <= moment(document.completed_at, 'completed_at'),
        'started_at must not be after completed_at',
      );
      note(JSON.stringify(document.output));
    },
  },
  {
    id: 'http.job-failed-document',
    title: 'the document of a failed job names the error',
    promise: 'a failed job has a document too (`output: null`, `error: {code, message}`)',
    needs: ['results', 'failing-job'],
    run: async (kit, note) => {
      const { accepted, submit } = await kit.failedJob();
      const document = await documentOf(kit, accepted.job_id, submit.job_type);
      same(document.final_state, 'failed', 'its final_state');
      same(document.output, null, 'its output');
      hold((document.error?.code ?? '') !== '', 'its error must have a code');
      note(JSON.stringify(document.error));
    },
  },
  {
    id: 'http.job-live',
    title: 'a job that runs shows its live status',
    promise: '`GET /v1/jobs/{job_id}`: else the live status',
    needs: ['results', 'slow-job'],
    run: async (kit, note) => {
      const { job_id } = await kit.submit(kit.settings.slowJob);
      const status = await kit.until('it runs', async () => {
        const answer = answered(await kit.http.call(jobPath(job_id)), 200);
        const live = valid(strict.JobStatus, answer.json, 'the live status');
        return live.state === 'running' ? live : null;
      });
      hold(status.progress_percent < 100, `it must be below 100 %, and is at ${status.progress_percent} %`);
      note(`${status.state} ${status.progress_percent} ${status.message}`);
      // Nobody needs its end; where there is no cancel, it comes by itself.
      await kit.http.call(operationPath('cancelJob', { job_id }), { method: 'POST' });
    },
  },
  {
    id: 'http.job-never-forgotten',
    title: 'an accepted job is known from the first moment',
    promise: 'A job that was accepted never answers 404.',
    needs: ['results'],
    run: async (kit) => {
      for (let round = 0; round < 5; round += 1) {
        const { job_id } = await kit.submit(kit.settings.job);
        answered(await kit.http.call(jobPath(job_id)), 200);
        answered(await kit.http.call(statusPath(job_id)), 200, 504);
      }
    },
  },
  {
    id: 'http.job-unknown',
    title: 'a job that nobody knows is 404',
    promise: '`GET /v1/jobs/{job_id}`: 404',
    needs: ['results'],
    run: async ({ http }) => {
      refused(await http.call(jobPath(unknownId())), 404, 'job_not_found');
    },
  },
  {
    id: 'http.job-wait',
    title: 'with ?wait the answer comes when the job has ended',
    promise: 'With `wait` the answer comes as soon as the job has ended, and after that time at the latest',
    needs: ['results', 'wait'],
    run: async (kit, note) => {
      const { job_id } = await kit.submit(kit.settings.job);
      const before = performance.now();
      const answer = await kit.http.call(`${jobPath(job_id)}?wait=60s`);
      json(answer, 200, jobResult(kit.settings.job.job_type), 'the document of a job that was waited for');
      note(`${Math.round(performance.now() - before)} ms`);
      violationsAt(await kit.http.call(`${jobPath(job_id)}?wait=2h`), '#/query/wait');
    },
  },
  {
    id: 'http.position',
    title: 'the place of a job in its queue',
    promise: '`GET /v1/jobs/{job_id}/position`: how many wait before a job; null where it does not wait for a worker',
    needs: ['positions'],
    run: async (kit) => {
      const { accepted } = await kit.completedJob();
      const path = operationPath('getJobPosition', { job_id: accepted.job_id });
      const position = json(await kit.http.call(path), 200, strict.JobPosition, 'the position');
      same(position.ahead, null, 'what is ahead of a job that has ended');
      refused(await kit.http.call(operationPath('getJobPosition', { job_id: unknownId() })), 404, 'job_not_found');
    },
  },
];

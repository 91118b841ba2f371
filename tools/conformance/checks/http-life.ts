import { OPERATIONS, operationPath } from '@dtq/generated/rest/operations.ts';
import type { ReplayReport } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, valid } from '../check.ts';
import { answered } from '../http.ts';
import type { Kit } from '../kit.ts';
import { documentOf, json, moment, refused, unknownId, violationsAt } from './answers.ts';

const SUBMIT = OPERATIONS.submitJob.path;
const REPLAYS = OPERATIONS.replayJobs.path;
const cancelPath = (job_id: string): string => operationPath('cancelJob', { job_id });
const jobPath = (job_id: string): string => operationPath('getJob', { job_id });

/** Submits a job that the other checks do not look at and waits until it has failed. */
async function failed(kit: Kit): Promise<string> {
  const { job_id } = await kit.submit(kit.settings.failingJob);
  same((await kit.ended(job_id)).state, 'failed', `the state of ${job_id}`);
  return job_id;
}

async function replay(kit: Kit, status: 200 | 202, body: object): Promise<ReplayReport> {
  return json(await kit.http.call(REPLAYS, { json: body }), status, strict.ReplayReport, 'the report of a replay');
}

/** A job that failed stands among those that can be replayed a moment after it has failed. */
async function replayed(kit: Kit, jobId: string, more: object = {}): Promise<string> {
  const report = await kit.until(`${jobId} is replayed`, async () => {
    const found = await replay(kit, 202, { filter: { job_ids: [jobId] }, ...more });
    return found.replays.length > 0 ? found : null;
  });
  same(
    report.replays.map(({ replay_of }) => replay_of),
    [jobId],
    'what was replayed',
  );
  return String(report.replays[0]?.job_id);
}

export const LIFE_CHECKS: readonly Check[] = [
  {
    id: 'http.cancel-waiting',
    title: 'a job that waits is cancelled, and has a document that says so',
    promise: '`POST /v1/jobs/{job_id}/cancel`: 202; first document wins: insert `failed/cancelled`',
    needs: ['cancel', 'schedule', 'results'],
    run: async (kit, note) => {
      const { job_id, job_type } = await kit.submit(kit.settings.job, { delay: '1h' });
      const answer = await kit.http.call(cancelPath(job_id), { method: 'POST' });
      same(json(answer, 202, strict.JobCancelled, 'the answer to a cancel').job_id, job_id, 'its job_id');
      const document = await documentOf(kit, job_id, job_type as 'weather');
      same([document.final_state, document.error?.code], ['failed', 'cancelled'], 'its end');
      same(document.started_at, document.completed_at, 'started_at of a job that never started');
      note(answer.text);
    },
  },
  {
    id: 'http.cancel-running',
    title: 'a job that runs is cancelled',
    promise: 'Ends a job that has not ended: one that waits never starts, one that runs is told to stop.',
    needs: ['cancel', 'slow-job', 'results'],
    run: async (kit) => {
      const { job_id, job_type } = await kit.submit(kit.settings.slowJob);
      await kit.until('it runs', async () => {
        const answer = await kit.http.call(operationPath('getJobStatus', { job_id }));
        return (answer.json as { state?: string } | undefined)?.state === 'running';
      });
      answered(await kit.http.call(cancelPath(job_id), { method: 'POST' }), 202);
      same((await kit.ended(job_id)).state, 'failed', 'its state');
      same((await documentOf(kit, job_id, job_type as 'weather')).error?.code, 'cancelled', 'its code');
    },
  },
  {
    id: 'http.cancel-final',
    title: 'a cancel that comes too late is 409 and says how the job ended',
    promise: '`POST /v1/jobs/{job_id}/cancel`: 409 already final',
    needs: ['cancel'],
    run: async (kit) => {
      const { accepted } = await kit.completedJob();
      const answer = await kit.http.call(cancelPath(accepted.job_id), { method: 'POST' });
      same(refused(answer, 409, 'job_already_final').state, 'completed', 'the state that it names');
    },
  },
  {
    id: 'http.cancel-unknown',
    title: 'the cancel of a job that nobody knows is 404',
    promise: '`POST /v1/jobs/{job_id}/cancel`: 404',
    needs: ['cancel'],
    run: async ({ http }) => {
      refused(await http.call(cancelPath(unknownId()), { method: 'POST' }), 404, 'job_not_found');
    },
  },
  {
    id: 'http.schedule-waits',
    title: 'a job that is to run later waits, and says until when',
    promise: '`POST /v1/jobs` body `{job_type, payload}`, `run_at` or `delay`',
    needs: ['schedule', 'results'],
    run: async (kit, note) => {
      const { job_id, submitted_at } = await kit.submit(kit.settings.job, { delay: '1h' });
      const answer = answered(await kit.http.call(jobPath(job_id)), 200);
      const status = valid(strict.JobStatus, answer.json, 'the live status');
      same(status.state, 'queued', 'its state');
      const waits = moment(status.run_at, 'run_at') - moment(submitted_at, 'submitted_at');
      hold(
        Math.abs(waits - 3_600_000) < 60_000,
        `run_at must be an hour after the submit, and is ${waits} ms after it`,
      );
      await kit.http.call(cancelPath(job_id), { method: 'POST' });
      note(`run_at ${status.run_at}`);
    },
  },
  {
    id: 'http.schedule-runs',
    title: 'when its time has come it runs, and not before',
    promise: 'Not before this time',
    needs: ['schedule', 'results'],
    run: async (kit, note) => {
      const run_at = new Date(Date.now() + 2000).toISOString();
      const { job_id } = await kit.submit(kit.settings.job, { run_at });
      await kit.ended(job_id);
      const { started_at } = await documentOf(kit, job_id, kit.settings.job.job_type);
      hold(
        moment(started_at, 'started_at') >= Date.parse(run_at),
        `it must start at ${run_at} or later, and did at ${started_at}`,
      );
      note(`run_at ${run_at}, started_at ${started_at}`);
    },
  },
  {
    id: 'http.schedule-refused',
    title: 'times that cannot be are refused',
    promise: '`run_at` or `delay`: at most 30 days ahead; not together',
    needs: ['schedule'],
    run: async ({ http, settings }) => {
      const later = new Date(Date.now() + 3_600_000).toISOString();
      violationsAt(await http.call(SUBMIT, { json: { ...settings.job, delay: '1h', run_at: later } }), '/delay');
      violationsAt(await http.call(SUBMIT, { json: { ...settings.job, delay: '31d' } }), '/delay');
      violationsAt(await http.call(SUBMIT, { json: { ...settings.job, run_at: 'tomorrow' } }), '/run_at');
    },
  },
  {
    id: 'http.expiry-refused',
    title: 'a time to expire that has passed is refused',
    promise: '`expires_at`: Where nobody has started the job by then, it fails with the code `expired`',
    needs: ['expiry'],
    run: async ({ http, settings }) => {
      const expires_at = new Date(Date.now() - 60_000).toISOString();
      violationsAt(await http.call(SUBMIT, { json: { ...settings.job, expires_at } }), '/expires_at');
    },
  },
  {
    id: 'http.expiry-in-time',
    title: 'a job with a time to expire that is started before it completes',
    promise: '`expires_at`: Where nobody has started the job by then, it fails with the code `expired`',
    needs: ['expiry'],
    run: async (kit) => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      const { job_id } = await kit.submit(kit.settings.job, { expires_at });
      same((await kit.ended(job_id)).state, 'completed', `the state of ${job_id}`);
    },
  },
  {
    id: 'http.priorities',
    title: 'jobs of each priority are done; another priority is refused',
    promise: '`POST /v1/jobs` body `{job_type, payload}`, … `priority`',
    needs: ['priorities'],
    run: async (kit) => {
      for (const priority of ['high', 'normal', 'low']) {
        const { job_id } = await kit.submit(kit.settings.job, { priority });
        same((await kit.ended(job_id)).state, 'completed', `the state of ${job_id}, of ${priority} priority`);
      }
      violationsAt(await kit.http.call(SUBMIT, { json: { ...kit.settings.job, priority: 'urgent' } }), '/priority');
    },
  },
  {
    id: 'http.replay-dry-run',
    title: 'a dry run tells what would be replayed, and does nothing',
    promise: '`POST /v1/replays` body `{filter}`: With `dry_run` nothing is submitted.',
    needs: ['replays', 'failing-job'],
    run: async (kit) => {
      const jobId = await failed(kit);
      const ask = { filter: { job_ids: [jobId] }, dry_run: true };
      await kit.until(`a dry run finds ${jobId}`, async () => {
        const report = await replay(kit, 200, ask);
        same(report.replays, [], 'the replays of a dry run');
        return report.matched === 1;
      });
    },
  },
  {
    id: 'http.replay',
    title: 'a replay is a new job with the same payload that names the old one',
    promise: 'Each becomes a new job with the same payload and priority and with `replay_of`.',
    needs: ['replays', 'failing-job', 'results'],
    run: async (kit, note) => {
      const jobId = await failed(kit);
      const again = await replayed(kit, jobId);
      hold(again !== jobId, 'a replay must have an id of its own');
      await kit.ended(again);
      const document = await documentOf(kit, again, kit.settings.failingJob.job_type);
      same(document.replay_of, jobId, 'replay_of');
      same(document.input, kit.settings.failingJob.payload, 'its input');
      note(`${jobId} -> ${again}`);
    },
  },
  {
    id: 'http.replay-once',
    title: 'nothing is replayed twice, unless `again` says so',
    promise: 'that was not replayed before (`again` replays those too)',
    needs: ['replays', 'failing-job'],
    run: async (kit) => {
      const jobId = await failed(kit);
      await replayed(kit, jobId);
      same((await replay(kit, 202, { filter: { job_ids: [jobId] } })).replays, [], 'what a second replay does');
      await replayed(kit, jobId, { again: true });
    },
  },
  {
    id: 'http.replay-refused',
    title: 'a filter that is none is 400',
    promise: '`POST /v1/replays`: 400',
    needs: ['replays'],
    run: async ({ http }) => {
      violationsAt(await http.call(REPLAYS, { json: {} }), '/filter');
      violationsAt(await http.call(REPLAYS, { json: { filter: { job_ids: ['x'] } } }), '/filter/job_ids/0');
    },
  },
  {
    id: 'http.dead-letters',
    title: 'the list of dead letters',
    promise: '`GET /v1/dead-letters`: 200',
    needs: ['dead-letters'],
    run: async ({ http }, note) => {
      const path = OPERATIONS.listDeadLetters.path;
      const { dead_letters } = json(await http.call(`${path}?limit=5`), 200, strict.DeadLetterList, 'the dead letters');
      violationsAt(await http.call(`${path}?limit=0`), '#/query/limit');
      note(`${dead_letters.length} on the first page`);
    },
  },
  {
    id: 'http.dead-letter-unknown',
    title: 'a dead letter that is none is 404, an id that is none 400',
    promise: '`GET /v1/dead-letters/{id}`, `POST /v1/dead-letters/{id}/replay`: 400, 404',
    needs: ['dead-letters'],
    run: async ({ http }) => {
      const unknown = { dead_letter_id: 'jobs.nothing.v1:0:0' };
      refused(await http.call(operationPath('getDeadLetter', unknown)), 404, 'dead_letter_not_found');
      const replayPath = operationPath('replayDeadLetter', unknown);
      refused(await http.call(replayPath, { method: 'POST' }), 404, 'dead_letter_not_found');
      violationsAt(await http.call(`${OPERATIONS.listDeadLetters.path}/nothing`), '#/path/dead_letter_id');
    },
  },
];

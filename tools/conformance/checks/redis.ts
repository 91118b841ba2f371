import { randomUUID } from 'node:crypto';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, valid } from '../check.ts';
import { answered } from '../http.ts';
import type { Kit } from '../kit.ts';
import { moment, neverBackwards } from './answers.ts';

/** The status as it stands in Redis, held to its schema; null where nothing stands. */
async function statusOf(kit: Kit, jobId: string): Promise<JobStatus | null> {
  const hash = await (await kit.redis()).hGetAll(jobStatusKey(jobId));
  return Object.keys(hash).length === 0
    ? null
    : valid(strict.JobStatus, decodeJobStatus({ ...hash }), `the hash of ${jobId}`);
}

async function finalStatusOf(kit: Kit, jobId: string): Promise<JobStatus> {
  return kit.until(`the hash of ${jobId} is final`, async () => {
    const status = await statusOf(kit, jobId);
    return status?.state === 'completed' || status?.state === 'failed' ? status : null;
  });
}

/** Looks at the hash of a job from its submit to its end. */
async function watched(kit: Kit): Promise<{ jobId: string; statuses: JobStatus[] }> {
  await kit.redis();
  const { job_id } = await kit.submit(kit.settings.job);
  const statuses: JobStatus[] = [];
  await kit.until(`the hash of ${job_id} is final`, async () => {
    // Over HTTP too, so that whatever stands between sees the job pass.
    await kit.http.call(operationPath('getJobStatus', { job_id }));
    const status = await statusOf(kit, job_id);
    if (status !== null) statuses.push(status);
    return status?.state === 'completed' || status?.state === 'failed';
  });
  return { jobId: job_id, statuses };
}

export const REDIS_CHECKS: readonly Check[] = [
  {
    id: 'redis.hash',
    title: 'the status of a job is a hash of the contract',
    promise:
      'Redis hash, key `job:{job_id}:status` … Required `state (queued|running|completed|failed)`, `progress_percent (0..100)`, `updated_at`, `message`',
    needs: ['redis'],
    run: async (kit, note) => {
      const { accepted, last } = await kit.completedJob();
      const status = await finalStatusOf(kit, accepted.job_id);
      same([status.state, status.progress_percent], ['completed', 100], 'its state and progress');
      same(last.state, status.state, 'what the API says of its state');
      note(`${jobStatusKey(accepted.job_id)}: ${status.state} ${status.progress_percent} ${status.message}`);
    },
  },
  {
    id: 'redis.failed-hash',
    title: 'the hash of a failed job names the error',
    promise: 'optional `job_id, trace_id, error_code, error_message`',
    needs: ['redis', 'failing-job'],
    run: async (kit, note) => {
      const { accepted } = await kit.failedJob();
      const status = await finalStatusOf(kit, accepted.job_id);
      same(status.state, 'failed', 'its state');
      hold((status.error_code ?? '') !== '', 'it must name the error_code');
      note(`${status.error_code}: ${status.error_message}`);
    },
  },
  {
    id: 'redis.ttl',
    title: 'a status is never without a time to live, the whole of it with each change',
    promise: 'TTL 24 h (`STATUS_TTL`), set together with the fields, never without a TTL.',
    needs: ['redis'],
    run: async (kit, note) => {
      const redis = await kit.redis();
      const { job_id } = await kit.submit(kit.settings.job);
      const look = async (): Promise<number> => {
        const ttl = await redis.pTTL(jobStatusKey(job_id));
        hold(ttl !== -1, `the hash of ${job_id} must have a time to live, and has none`);
        return ttl;
      };
      await kit.until(`the job ${job_id} has ended`, async () => {
        await look();
        const answer = await kit.http.call(operationPath('getJobStatus', { job_id }));
        return ['completed', 'failed'].includes(String((answer.json as { state?: string } | undefined)?.state));
      });
      await finalStatusOf(kit, job_id);
      const ttl = await look();
      const { statusTtlMs } = kit.settings;
      hold(
        ttl > statusTtlMs - kit.settings.patienceMs - 60_000 && ttl <= statusTtlMs,
        `it must be ${statusTtlMs} ms with the last change, and is ${ttl} ms a moment later`,
      );
      note(`${ttl} ms`);
    },
  },
  {
    id: 'redis.never-backwards',
    title: 'the status never moves backwards, and the final one stays',
    promise: 'a later attempt may go back to 20, nothing else moves backwards, a final state stays.',
    needs: ['redis'],
    run: async (kit, note) => {
      const { jobId, statuses } = await watched(kit);
      const last = statuses.at(-1);
      // Nothing moves it any more, least of all that somebody asks.
      for (let round = 0; round < 3; round += 1)
        answered(await kit.http.call(operationPath('getJobStatus', { job_id: jobId })), 200);
      const after = await statusOf(kit, jobId);
      neverBackwards(after === null ? statuses : [...statuses, after], `the hash of ${jobId}`);
      same(after?.updated_at, last?.updated_at, 'updated_at of a job that has ended');
      note(`${statuses.length} looks`);
    },
  },
  {
    id: 'redis.history',
    title: 'attempt, sequence and a history that tells each milestone',
    promise:
      '*ours* `attempt`, `sequence` and a bounded `history` (JSON, at most 64 entries of sequence, attempt, state, progress, time), all set in the same script.',
    needs: ['redis', 'history'],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const status = await finalStatusOf(kit, accepted.job_id);
      const history = status.history ?? [];
      hold(
        history.length > 0 && history.length <= 64,
        `its history must have 1 to 64 entries, and has ${history.length}`,
      );
      neverBackwards(history, 'its history');
      const told = history.map(({ state, progress_percent }) => `${state} ${progress_percent}`);
      for (const milestone of ['running 20', 'running 50', 'running 80', 'completed 100'])
        hold(told.includes(milestone), `its history must tell ${milestone}, and tells ${told.join(', ')}`);
      same(history.at(-1)?.sequence, status.sequence, 'the last sequence of its history');
      note(told.join(', '));
    },
  },
  {
    id: 'redis.foreign-hash',
    title: "another program's status is read as it is",
    promise: 'A hash that another program wrote has none of ours: the guard derives its place from state and progress.',
    needs: ['redis', 'results'],
    run: async (kit) => {
      const redis = await kit.redis();
      const jobId = randomUUID();
      const key = jobStatusKey(jobId);
      const updated_at = new Date().toISOString();
      const written = { state: 'running', progress_percent: '50', updated_at, message: 'at work', shoe_size: '44' };
      await redis.multi().hSet(key, written).expire(key, 600).exec();
      const answer = answered(await kit.http.call(operationPath('getJob', { job_id: jobId })), 200);
      const { shoe_size: _, ...expected } = { ...written, progress_percent: 50 };
      same(valid(strict.JobStatus, answer.json, 'the live status'), expected, 'the live status');
      const reply = answered(await kit.http.call(operationPath('getJobStatus', { job_id: jobId })), 200);
      same((reply.json as { progress_percent?: number }).progress_percent, 50, 'the progress that a worker replies');
      await redis.del(key);
    },
  },
  {
    id: 'redis.open-jobs',
    title: 'a job stands in the index of open jobs until it ends',
    promise: 'An index of open jobs (a sorted set per job type, by `submitted_at`, kept by the status script)',
    needs: ['redis', 'open-jobs', 'slow-job', 'cancel'],
    run: async (kit, note) => {
      const redis = await kit.redis();
      const { job_type } = kit.settings.slowJob;
      const { job_id, submitted_at } = await kit.submit(kit.settings.slowJob);
      const running = openJobsKey(job_type, 'running');
      const score = await kit.until(`${job_id} stands in ${running}`, () => redis.zScore(running, job_id));
      same(Number(score), moment(submitted_at, 'submitted_at'), `its place in ${running}`);
      await kit.http.call(operationPath('cancelJob', { job_id }), { method: 'POST' });
      await kit.ended(job_id);
      const places = ['scheduled', 'queued', 'running'].map((place) => openJobsKey(job_type, place));
      await kit.until(`${job_id} stands in none of ${places.join(', ')}`, async () => {
        const scores = await Promise.all(places.map((place) => redis.zScore(place, job_id)));
        return scores.every((found) => found === null);
      });
      note(`${running} ${score}`);
    },
  },
];

import { hold, same, valid } from '@dtq/conformance/check.ts';
import { MILESTONES, type Milestone } from '@dtq/generated/lifecycle.ts';
import { JOB_STATUS, jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Notes, Step } from '../checklist.ts';
import type { Ground } from '../ground.ts';
import { decoded, type Hash } from '../status-watch.ts';

const { queued, started, calling, storing, completed } = MILESTONES;
const ALL: readonly Milestone[] = [queued, started, calling, storing, completed];

/** A time to live is set whole at each change; so much of it may have gone when it is read, in milliseconds. */
const TTL_SLACK_MS = 300_000;

/** Holds a hash to the contract and to the milestone that it must show. */
function expectHash(hash: Hash, { state, progress_percent, message }: Milestone, notes: Notes): void {
  const status = valid(strict.JobStatus, decoded(hash), 'the hash');
  const shown = { state: status.state, progress_percent: status.progress_percent, message: status.message };
  // In the contract's order; what is longer than a line is shown once, at the end.
  const names = Object.keys(JOB_STATUS.fields).filter((name) => !['input', 'history', 'attempts'].includes(name));
  const fields = Object.fromEntries(names.map((name) => [name, hash.fields[name]]));
  notes.show(`the hash at ${progress_percent} %`, { ...fields, 'time to live, ms': hash.ttlMs });
  same(shown, { state, progress_percent, message }, 'the hash');
  hold(
    hash.ttlMs <= JOB_STATUS.ttlMs && hash.ttlMs > JOB_STATUS.ttlMs - TTL_SLACK_MS,
    `the time to live must be ${JOB_STATUS.ttlMs} ms less a moment, and is ${hash.ttlMs} ms`,
  );
}

export const queuedInRedis: Step<Ground> = {
  id: 'redis',
  title: 'Redis: the status of a job that waits, 0 %',
  needs: ['api'],
  run: async (ground, notes) => {
    const { job_id, trace_id } = await ground.job();
    await ground.follow(job_id);
    const hash = await ground.statuses.read();
    expectHash(hash, queued, notes);
    same([hash.fields['job_id'], hash.fields['trace_id']], [job_id, trace_id], 'the ids in the hash');
    return `${jobStatusKey(job_id)} says ${queued.state}, ${queued.progress_percent} %`;
  },
};

/** The provider, and then MongoDB, keep the job where it can be looked at; a subscriber sees every change. */
export const milestones: Step<Ground> = {
  id: 'milestones',
  title: 'Redis: the milestones 20, 50, 80 and 100 %, each seen as it was written',
  needs: ['worker'],
  run: async (ground, notes) => {
    const { provider, gate } = ground.parts;
    const at = ({ progress_percent }: Milestone): Promise<Hash> => {
      notes.doing(`waiting for ${progress_percent} %`);
      return ground.until(`the hash is at ${progress_percent} %`, async () => {
        const hash = await ground.statuses.read();
        return hash.fields['progress_percent'] === String(progress_percent) ? hash : null;
      });
    };
    try {
      const whileCalling = await at(calling);
      const told = await ground.until(`the change to ${started.progress_percent} % is told on the channel`, () =>
        ground.statuses.changes.find(({ status }) => status['progress_percent'] === started.progress_percent),
      );
      const { history: _, input: __, ...notice } = told.status;
      notes.show('told at 20 %', notice);
      notes.show('the hash when word of it came', {
        progress_percent: told.hash.fields['progress_percent'],
        'time to live, ms': told.hash.ttlMs,
      });
      expectHash(whileCalling, calling, notes);
      gate.shut();
      provider.release();
      expectHash(await at(storing), storing, notes);
      gate.open();
      expectHash(await at(completed), completed, notes);
    } finally {
      provider.release();
      gate.open();
    }
    await ground.until('the end is told on the channel', () => ground.statuses.changes.length >= ALL.length - 1);
    const changes = ground.statuses.changes.map(({ status }) => valid(strict.JobStatus, status, 'a change'));
    const steps = changes.map(({ state, progress_percent, message }) => ({ state, progress_percent, message }));
    same(steps, ALL.slice(1), 'the changes that were told');
    const { history = [] } = valid(strict.JobStatus, decoded(await ground.statuses.read()), 'the hash');
    notes.show('its history', history);
    same(
      history.map(({ progress_percent }) => progress_percent),
      ALL.map((one) => one.progress_percent),
      'the history',
    );
    const order = history.map(({ sequence }) => sequence);
    same(
      order,
      [...new Set(order)].toSorted((a, b) => a - b),
      'the sequence, which only grows',
    );
    return `${ALL.map((one) => `${one.state} ${one.progress_percent}`).join(' → ')}`;
  },
};

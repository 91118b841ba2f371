import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import { createMemo } from 'solid-js';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { advance, stateOf, unknownJob } from '../job/job-view.ts';
import { recent } from './recent-store.ts';

const EVERY_MS = 1500;
/** Longer than a job that runs at once; one that waits for its time need not be asked for at each turn. */
const AT_ONCE = 8;

/** Keeps the states of the jobs that have not ended up to date. Must be called inside a component. */
export function followRecent(): void {
  const open = createMemo(() =>
    recent
      .jobs()
      .filter(({ state }) => !isFinal(state))
      .slice(0, AT_ONCE)
      .map(({ jobId }) => jobId)
      .join(' '),
  );
  createLive(open, lookAtAll, EVERY_MS);
}

async function lookAtAll(ids: string, signal: AbortSignal): Promise<Outcome<null>> {
  if (ids === '') return { kind: 'ok', data: null };
  const outcomes = await Promise.all(ids.split(' ').map((id) => lookAt(id, signal)));
  return outcomes.find(({ kind }) => kind !== 'ok') ?? { kind: 'ok', data: null };
}

function isOfKey({ code }: Problem): boolean {
  return code === 'unauthenticated' || code === 'forbidden';
}

async function lookAt(jobId: string, signal: AbortSignal): Promise<Outcome<null>> {
  const outcome = await settle(client.getJob({ params: { path: { job_id: jobId } }, signal, cache: 'no-store' }));
  if (outcome.kind === 'unreachable') return outcome;
  // Without another key there is no use in asking again; any other problem is that of one job.
  if (outcome.kind === 'problem') return isOfKey(outcome.problem) ? outcome : { kind: 'ok', data: null };
  const state = stateOf(advance(unknownJob(jobId), outcome));
  if (state !== null) recent.setState(jobId, state);
  return { kind: 'ok', data: null };
}

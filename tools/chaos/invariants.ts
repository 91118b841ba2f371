import { setTimeout as delay } from 'node:timers/promises';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { expect } from 'vitest';
import { judge, type Verdict } from './judge.ts';
import type { Submitted } from './load.ts';
import { Stores } from './stores.ts';

const SETTLE_MS = 60_000;
const LOOK_EVERY_MS = 200;

/**
 * What must hold after any failure, read past our own code: each accepted job is final, with one document; no document is of
 * a job that nobody submitted; status and document agree; histories never go backwards; nothing is left in the topics.
 */
export async function checkInvariants(
  space: FreshSpace,
  submitted: Pick<Submitted, 'accepted' | 'unknown'>,
): Promise<void> {
  const stores = await new Stores(space.config('worker')).connect();
  try {
    const end = Date.now() + SETTLE_MS;
    let faults = await broken(stores, submitted);
    while (faults.length > 0 && Date.now() < end) {
      await delay(LOOK_EVERY_MS);
      faults = await broken(stores, submitted);
    }
    expect(faults).toEqual([]);
  } finally {
    await stores.close();
  }
}

async function broken(stores: Stores, expected: Pick<Submitted, 'accepted' | 'unknown'>): Promise<Verdict[]> {
  const documents = await stores.documents();
  const statuses = await stores.statuses(documents.map(({ job_id }) => job_id));
  return judge(expected, { documents, statuses, lag: await stores.lag() }).filter(({ faults }) => faults.length > 0);
}

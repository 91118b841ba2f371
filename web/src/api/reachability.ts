import { createSignal } from 'solid-js';
import { client } from './client.ts';
import { type Outcome, settle } from './outcome.ts';
import { pause } from './pause.ts';
import { pollDelay } from './poll-delay.ts';

const [reachable, setReachable] = createSignal(true);

/** Whether the API answered when it was last asked. */
export { reachable };

let probing = false;

/** Notes whether an outcome came from the API; after a silence the API is asked until it answers again. */
export function noteReachability(outcome: Outcome<unknown>): void {
  setReachable(outcome.kind !== 'unreachable');
  if (outcome.kind === 'unreachable' && !probing) void probe();
}

async function probe(): Promise<void> {
  probing = true;
  for (let failures = 1; !reachable(); failures++) {
    await pause(pollDelay(failures), new AbortController().signal);
    // Any answer will do, a problem too: the question is whether somebody is there.
    const outcome = await settle(client.getLiveness({ signal: AbortSignal.timeout(5000) }));
    if (outcome.kind !== 'unreachable') setReachable(true);
  }
  probing = false;
}

import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js';
import { client } from '../api/client.ts';
import { noteReachability } from '../api/reachability.ts';
import { heldKey } from '../key/held-key.ts';
import { advance, type JobView, unknownJob } from './job-view.ts';
import { watchJob } from './watch-job.ts';

/** Watches whichever job the accessor names, anew with each key, and stops when it names another or the component goes. */
export function createJobWatch(jobId: Accessor<string | null>): Accessor<JobView | null> {
  const [view, setView] = createSignal<JobView | null>(null);
  createEffect(() => {
    const id = jobId();
    // Another key may be let in where the one before was refused.
    heldKey();
    setView((known) => {
      if (id === null) return null;
      return known?.jobId === id ? { ...known, refusal: null } : unknownJob(id);
    });
    if (id === null) return;
    const stop = new AbortController();
    onCleanup(() => stop.abort());
    void watchJob(client, id, stop.signal, (outcome) => {
      noteReachability(outcome);
      setView((known) => advance(known ?? unknownJob(id), outcome));
    });
  });
  return view;
}

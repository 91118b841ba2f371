import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js';
import { client } from '../api/client.ts';
import { noteReachability } from '../api/reachability.ts';
import { advance, type JobView, unknownJob } from './job-view.ts';
import { watchJob } from './watch-job.ts';

/** Watches whichever job the accessor names, and stops when it names another or the component goes. */
export function createJobWatch(jobId: Accessor<string | null>): Accessor<JobView | null> {
  const [view, setView] = createSignal<JobView | null>(null);
  createEffect(() => {
    const id = jobId();
    setView(id === null ? null : unknownJob(id));
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

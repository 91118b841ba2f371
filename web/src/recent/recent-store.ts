import { createEffect, createSignal } from 'solid-js';
import { parseRecent, type RecentJob, remember, withState } from './recent-jobs.ts';

const KEY = 'dtq.recent-jobs';

/** The jobs of this tab, kept in its session storage. Must be called inside a component. */
export function createRecentStore() {
  const [jobs, setJobs] = createSignal(parseRecent(read()));
  createEffect(() => write(JSON.stringify(jobs())));
  return {
    jobs,
    remember: (job: RecentJob) => setJobs((list) => remember(list, job)),
    setState: (jobId: string, state: RecentJob['state']) => setJobs((list) => withState(list, jobId, state)),
  };
}

// A browser may refuse storage altogether; the list then lasts as long as the page.
function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(text: string): void {
  try {
    sessionStorage.setItem(KEY, text);
  } catch {}
}

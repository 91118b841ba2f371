import { createSignal } from 'solid-js';
import { parseRecent, type RecentJob, remember, withState } from './recent-jobs.ts';

const KEY = 'dtq.recent-jobs';

const [jobs, setJobs] = createSignal(parseRecent(read()));
addEventListener('storage', ({ key }) => key === KEY && setJobs(parseRecent(read())));

/** The jobs of this browser, kept in its local storage; every tab shows the same. */
export const recent = {
  jobs,
  remember: (job: RecentJob): void => change((list) => remember(list, job)),
  setState: (jobId: string, state: RecentJob['state']): void => change((list) => withState(list, jobId, state)),
  forgetAll: (): void => change(() => []),
};

/** Another tab may have written meanwhile, so the list is read anew before each change. */
function change(make: (list: readonly RecentJob[]) => readonly RecentJob[]): void {
  const list = stored() ?? jobs();
  const next = make(list);
  if (next !== list) write(JSON.stringify(next));
  setJobs(next);
}

function stored(): readonly RecentJob[] | null {
  const text = read();
  return text === null ? null : parseRecent(text);
}

// A browser may refuse storage altogether; the list then lasts as long as the page.
function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(text: string): void {
  try {
    localStorage.setItem(KEY, text);
  } catch {}
}

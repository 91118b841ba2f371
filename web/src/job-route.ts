import { createSignal } from 'solid-js';

/** The job that a URL hash names (`#/jobs/ID`), or null. */
export function jobIdOf(hash: string): string | null {
  return /^#\/jobs\/([\w-]+)$/.exec(hash)?.[1] ?? null;
}

/** The URL hash of a job, so that a link or a reload leads to it. */
export function hashOf(jobId: string): string {
  return `#/jobs/${jobId}`;
}

/** The job that the page shows now: follows the URL hash for as long as the page lives. */
export function createJobRoute(): () => string | null {
  const [jobId, setJobId] = createSignal(jobIdOf(location.hash));
  addEventListener('hashchange', () => setJobId(jobIdOf(location.hash)));
  return jobId;
}

import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { For, Show } from 'solid-js';
import { StateBadge } from '../job/state-badge.tsx';
import { timeOfDay } from '../job/time-text.ts';
import { hashOf } from '../job-route.ts';
import type { RecentJob } from './recent-jobs.ts';

/** The jobs that were submitted in this tab, newest first. */
export function RecentList(props: { jobs: readonly RecentJob[]; current: string | null }) {
  return (
    <Show when={props.jobs.length > 0}>
      <nav class="card recent" aria-labelledby="recent-heading">
        <h2 id="recent-heading">Recent jobs in this tab</h2>
        <ul>
          <For each={props.jobs}>
            {(job) => (
              <li>
                <a href={hashOf(job.jobId)} aria-current={job.jobId === props.current ? 'true' : undefined}>
                  <span class="recent-summary">
                    {job.summary || job.jobId}
                    <small>
                      {JOB_TITLES[job.jobType].title},{' '}
                      <time dateTime={job.submittedAt}>{timeOfDay(job.submittedAt)}</time>
                    </small>
                  </span>
                  <StateBadge state={job.state} />
                </a>
              </li>
            )}
          </For>
        </ul>
      </nav>
    </Show>
  );
}

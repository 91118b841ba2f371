import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { createEffect, For, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { addressOf } from '../router/route.ts';
import { When } from '../time/when.tsx';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { followRecent } from './follow-recent.ts';
import './recent.css';
import type { RecentJob } from './recent-jobs.ts';
import { recent } from './recent-store.ts';

const SHOWN = 15;

/** The jobs that were submitted in this browser, newest first, and how they are. */
export function RecentList() {
  followRecent();
  const [list, setList] = createStore<{ jobs: RecentJob[] }>({ jobs: [] });
  createEffect(() => setList('jobs', reconcile(recent.jobs().slice(0, SHOWN), { key: 'jobId' })));
  return (
    <section class="recent" aria-labelledby="recent-heading">
      <div class="card-head">
        <h2 id="recent-heading">Jobs of this browser</h2>
        <Show when={recent.jobs().length > 0}>
          <button type="button" class="quiet" onClick={recent.forgetAll} title="The jobs themselves stay">
            Forget
          </button>
        </Show>
      </div>
      <Show when={recent.jobs().length > 0} fallback={<NoJobs />}>
        <ul>
          <For each={list.jobs}>
            {(job) => (
              <li>
                <a href={addressOf.job(job.jobId)}>
                  <Icon name={typeIcon(job.jobType)} size={18} />
                  <span class="grow">
                    <span class="recent-summary ellipsis">{job.summary || JOB_TITLES[job.jobType].title}</span>
                    <span class="muted small">
                      <When at={job.submittedAt} as="ago" />
                    </span>
                  </span>
                  <StateBadge state={job.state} />
                </a>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}

function NoJobs() {
  return (
    <p class="recent-none muted small">
      None yet. Press one of the examples, then the dark button: the job shows here from the queue to its result, in
      every tab. All jobs of everybody are under <a href={addressOf.jobs}>Jobs</a>.
    </p>
  );
}

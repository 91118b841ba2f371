import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobAccepted, JobType } from '@dtq/generated/schemas/types.ts';
import { createMemo, createResource, For, Show } from 'solid-js';
import { JobForm } from '../form/job-form.tsx';
import { loadPage } from '../job/load-page.ts';
import { RecentList } from '../recent/recent-list.tsx';
import { recent } from '../recent/recent-store.ts';
import { addressOf } from '../router/route.ts';
import { navigate, search } from '../router/router.ts';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { useTitle } from '../ui/title.ts';
import { draftOf, searchOfDraft } from './draft-search.ts';
import './submit.css';

/** Chooses a type of job and fills in its form; beside it, what became of the jobs before. */
export function View() {
  useTitle(() => 'Submit');
  const draft = createMemo(() => draftOf(search()));
  const [page] = createResource(() => draft().jobType, loadPage);
  const opened = createMemo(() => {
    const loaded = page.error ? undefined : page();
    return loaded?.jobType === draft().jobType ? { page: loaded, payload: draft().payload } : null;
  });

  function accepted({ job_id, job_type, submitted_at, state }: JobAccepted, summary: string): void {
    recent.remember({ jobId: job_id, jobType: job_type, summary, submittedAt: submitted_at, state });
    navigate(addressOf.job(job_id));
  }

  return (
    <div class="submit">
      <header class="view-head">
        <h1 tabindex="-1">Submit a job</h1>
        <p>Once it is accepted it will end, completed or failed, whatever happens to any process.</p>
      </header>
      <div class="submit-main">
        <TypeCards chosen={draft().jobType} />
        <Show
          when={opened()}
          keyed
          fallback={
            <p class="card loading muted">
              {page.error ? 'The form could not be loaded. Reload the page to try again.' : 'Loading…'}
            </p>
          }
        >
          {(one) => <JobForm page={one.page} payload={one.payload} onAccepted={accepted} />}
        </Show>
      </div>
      <RecentList />
    </div>
  );
}

function TypeCards(props: { chosen: JobType }) {
  const choose = (jobType: JobType) => navigate(addressOf.submit + searchOfDraft({ jobType }), { replace: true });
  return (
    <fieldset class="type-cards">
      <legend class="visually-hidden">Type of job</legend>
      <For each={JOB_TYPE_VALUES}>
        {(type) => (
          <label class="type-card">
            <input
              type="radio"
              name="job-type"
              class="visually-hidden"
              aria-labelledby={`type-${type}`}
              aria-describedby={`type-${type}-words`}
              checked={type === props.chosen}
              onChange={() => choose(type)}
            />
            <span class="type-icon">
              <Icon name={typeIcon(type)} size={20} />
            </span>
            <strong id={`type-${type}`}>{JOB_TITLES[type].title}</strong>
            <span class="hint" id={`type-${type}-words`}>
              {JOB_TITLES[type].description}
            </span>
          </label>
        )}
      </For>
    </fieldset>
  );
}

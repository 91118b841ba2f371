import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobAccepted, JobType } from '@dtq/generated/schemas/types.ts';
import { createMemo, createResource, For, Show } from 'solid-js';
import { jobSummary } from '../job/job-summary.ts';
import { loadPage } from '../job/load-page.ts';
import { JobForm } from './job-form.tsx';

/** What the form opens with: each new draft opens it anew. */
export interface Draft {
  readonly jobType: JobType;
  readonly payload?: object;
}

interface SubmitCardProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  readonly onAccepted: (job: JobAccepted, summary: string) => void;
}

/** Chooses a type of job, where there is a choice, and shows its form. */
export function SubmitCard(props: SubmitCardProps) {
  const [page] = createResource(() => props.draft.jobType, loadPage);
  const opened = createMemo(() => {
    const loaded = page.error ? undefined : page();
    return loaded?.jobType === props.draft.jobType ? { page: loaded, payload: props.draft.payload } : null;
  });
  return (
    <div class="submit">
      <Show when={JOB_TYPE_VALUES.length > 1}>
        <label class="type-choice">
          Type of job{' '}
          <select onChange={(event) => props.onDraft({ jobType: event.currentTarget.value as JobType })}>
            <For each={JOB_TYPE_VALUES}>
              {(type) => (
                <option value={type} selected={type === props.draft.jobType}>
                  {JOB_TITLES[type].title}
                </option>
              )}
            </For>
          </select>
        </label>
      </Show>
      <Show when={opened()} keyed fallback={<FormPlaceholder failed={Boolean(page.error)} />}>
        {(one) => (
          <JobForm
            page={one.page}
            payload={one.payload}
            onAccepted={(job, payload) => props.onAccepted(job, jobSummary(one.page.summary, payload))}
          />
        )}
      </Show>
    </div>
  );
}

function FormPlaceholder(props: { failed: boolean }) {
  return (
    <div class="card form-placeholder">
      <p class="muted">{props.failed ? 'The form could not be loaded. Reload the page to try again.' : 'Loading…'}</p>
    </div>
  );
}

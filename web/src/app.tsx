import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobAccepted } from '@dtq/generated/schemas/types.ts';
import { createEffect, createMemo, createSignal, on, Show } from 'solid-js';
import { reachable } from './api/reachability.ts';
import { type Draft, SubmitCard } from './form/submit-card.tsx';
import { createJobWatch } from './job/create-job-watch.ts';
import { JOB_HEADING_ID, JobPanel } from './job/job-panel.tsx';
import { percentOf, stateOf } from './job/job-view.ts';
import { createJobRoute, hashOf } from './job-route.ts';
import { RecentList } from './recent/recent-list.tsx';
import { createRecentStore } from './recent/recent-store.ts';

/** The page: a form on one side, the job that is watched on the other, the tab's recent jobs below the form. */
export function App() {
  const jobId = createJobRoute();
  const view = createJobWatch(jobId);
  const recent = createRecentStore();
  const [draft, setDraft] = createSignal<Draft>({ jobType: JOB_TYPE_VALUES[0] });
  const remembered = createMemo(() => recent.jobs().find((job) => job.jobId === jobId()));

  createEffect(() => {
    const seen = view();
    const state = seen && stateOf(seen);
    if (seen && state) recent.setState(seen.jobId, state);
    document.title = titleOf(remembered()?.summary, state, seen && percentOf(seen));
  });
  // Another job is another place: keyboard and screen reader go there. Not on load, where nobody asked for it.
  createEffect(
    on(jobId, (id) => id !== null && queueMicrotask(() => document.getElementById(JOB_HEADING_ID)?.focus()), {
      defer: true,
    }),
  );

  function watchAccepted(job: JobAccepted, summary: string): void {
    const { job_id, job_type, submitted_at, state } = job;
    recent.remember({ jobId: job_id, jobType: job_type, summary, submittedAt: submitted_at, state });
    location.hash = hashOf(job_id);
  }

  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          dtq
        </a>
        <a href="/docs">API</a>
      </header>
      <div role="status" class="banner">
        <Show when={!reachable()}>
          <p>The API cannot be reached. Trying again by itself; nothing that was accepted is lost.</p>
        </Show>
      </div>
      <main>
        <h1 class="visually-hidden">Submit a job and watch it</h1>
        <SubmitCard draft={draft()} onDraft={setDraft} onAccepted={watchAccepted} />
        <Show when={view()} fallback={<NoJob />}>
          {(seen) => <JobPanel view={seen()} recent={remembered()} onDraft={setDraft} />}
        </Show>
        <RecentList jobs={recent.jobs()} current={jobId()} />
      </main>
    </>
  );
}

function NoJob() {
  return (
    <section class="card job empty">
      <p class="muted">No job is being watched. Submit one, and it shows here from the queue to its result.</p>
    </section>
  );
}

function titleOf(summary: string | undefined, state: string | null, percent: number | null): string {
  const progress = state === 'running' && percent !== null ? `${percent} %` : state;
  return [progress, summary, 'dtq'].filter(Boolean).join(' · ');
}

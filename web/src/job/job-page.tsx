import { createEffect, createMemo, createResource, Show } from 'solid-js';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { recent } from '../recent/recent-store.ts';
import { FailureNotice } from '../result/failure-notice.tsx';
import { addressOf } from '../router/route.ts';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { useTitle } from '../ui/title.ts';
import { AttemptsTable } from './attempts-table.tsx';
import { createJobWatch } from './create-job-watch.ts';
import { JobActions } from './job-actions.tsx';
import { JobDetails } from './job-details.tsx';
import './job.css';
import { jobFacts } from './job-facts.ts';
import { jobSummary } from './job-summary.ts';
import { errorOf, percentOf, stateOf } from './job-view.ts';
import { loadPage } from './load-page.ts';
import { MilestoneRail } from './milestone-rail.tsx';
import { nowText } from './now-text.ts';
import { Outcome } from './outcome.tsx';
import { Timeline } from './timeline.tsx';
import { typeTitle } from './type-title.ts';
import { WaitNote } from './wait-note.tsx';

/** One job: what came of it, where it stands, and how it got there. */
export function View(props: { readonly id: string }) {
  const watched = createJobWatch(() => props.id);
  const view = createMemo(() => watched() ?? null);
  const remembered = createMemo(() => recent.jobs().find(({ jobId }) => jobId === props.id));
  const facts = createMemo(() => {
    const seen = view();
    return seen === null ? null : jobFacts(seen, remembered());
  });
  const [loaded] = createResource(() => facts()?.jobType ?? null, loadPage);
  const page = () => (loaded.error ? undefined : loaded.latest);
  const title = createMemo(() => {
    const { input, typeName } = facts() ?? {};
    const summary = (page() && input && jobSummary(page()?.summary ?? '', input)) || remembered()?.summary;
    return summary || (typeName ? typeTitle(typeName) : 'Job');
  });
  const state = createMemo(() => {
    const seen = view();
    return seen && stateOf(seen);
  });
  useTitle(() => {
    const seen = view();
    const percent = seen && percentOf(seen);
    return [state() === 'running' && percent ? `${percent} %` : state(), title()].filter(Boolean).join(' · ');
  });
  createEffect(() => {
    const now = state();
    if (now) recent.setState(props.id, now);
  });

  return (
    <Show when={view()}>
      {(seen) => (
        <article class="job" aria-labelledby="job-heading">
          <header class="job-head">
            <a class="job-up small muted" href={addressOf.jobs}>
              Jobs
            </a>
            <div class="job-title">
              <span class="type-mark">
                <Icon name={typeIcon(facts()?.typeName ?? '')} size={22} />
              </span>
              <div class="grow">
                <p class="small muted">{typeTitle(facts()?.typeName ?? 'Job')}</p>
                <h1 id="job-heading" tabindex="-1">
                  {title()}
                </h1>
              </div>
              <Show when={state()}>{(now) => <StateBadge state={now()} />}</Show>
            </div>
            <JobActions view={seen()} facts={facts()} />
          </header>
          <div class="job-main">
            <section class="card" aria-label="Where it stands">
              <Show when={seen().refusal}>{(problem) => <ProblemNotice problem={problem()} />}</Show>
              <Outcome view={seen()} fields={page()?.output ?? []} />
              <Show when={errorOf(seen())}>{(error) => <FailureNotice error={error()} />}</Show>
              <p role="status" classList={{ 'visually-hidden': seen().result !== null, now: true }}>
                {nowText(seen())}
              </p>
              <WaitNote view={seen()} />
              <MilestoneRail view={seen()} />
            </section>
            <Timeline view={seen()} />
            <AttemptsTable view={seen()} />
          </div>
          <JobDetails view={seen()} facts={facts()} fields={page()?.payload ?? []} />
        </article>
      )}
    </Show>
  );
}

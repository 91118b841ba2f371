import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { createMemo, createResource, Show } from 'solid-js';
import type { Draft } from '../form/submit-card.tsx';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import type { RecentJob } from '../recent/recent-jobs.ts';
import { CompletedResult } from '../result/completed-result.tsx';
import { FailureNotice } from '../result/failure-notice.tsx';
import { jobSummary } from './job-summary.ts';
import { errorOf, type JobView, stateOf } from './job-view.ts';
import { loadPage } from './load-page.ts';
import { nowText } from './now-text.ts';
import { Progress } from './progress.tsx';
import { StateBadge } from './state-badge.tsx';
import { durationText, timeOfDay } from './time-text.ts';

interface JobPanelProps {
  readonly view: JobView;
  /** What this tab remembers of the job, where it was submitted here. */
  readonly recent: RecentJob | undefined;
  readonly onDraft: (draft: Draft) => void;
}

/** The id of the panel's heading, which takes the focus when another job is shown. */
export const JOB_HEADING_ID = 'job-heading';

/** One job: where it stands, and what came of it. */
export function JobPanel(props: JobPanelProps) {
  const [page] = createResource(() => props.view.result?.job_type ?? props.recent?.jobType, loadPage);
  const loadedPage = () => (page.error ? undefined : page());
  const title = createMemo(() => {
    const { result } = props.view;
    const template = loadedPage()?.summary;
    return props.recent?.summary || (result && template ? jobSummary(template, result.input) : '') || 'Job';
  });
  const completed = createMemo(() => (props.view.result?.final_state === 'completed' ? props.view.result : null));

  return (
    <section class="card job" aria-labelledby={JOB_HEADING_ID}>
      <header>
        <h2 id={JOB_HEADING_ID} tabindex="-1">
          {title()}
        </h2>
        <Show when={stateOf(props.view)}>{(state) => <StateBadge state={state()} />}</Show>
      </header>
      <p class="fine">
        <code>{props.view.jobId}</code>
      </p>
      <p role="status" classList={{ 'visually-hidden': props.view.result !== null }}>
        {nowText(props.view)}
      </p>
      <Show when={props.view.refusal}>{(problem) => <ProblemNotice problem={problem()} />}</Show>
      <Show when={completed()}>
        {(result) => <CompletedResult result={result()} fields={loadedPage()?.output ?? []} />}
      </Show>
      <Show when={errorOf(props.view)}>{(error) => <FailureNotice error={error()} />}</Show>
      <Progress view={props.view} />
      <Show when={props.view.result}>{(result) => <Ending result={result()} onDraft={props.onDraft} />}</Show>
    </section>
  );
}

function Ending(props: { result: JobResult; onDraft: (draft: Draft) => void }) {
  const isReadable = () => Object.keys(props.result.input).length > 0;
  return (
    <>
      <dl class="facts times">
        <div>
          <dt>Started</dt>
          <dd>{timeOfDay(props.result.started_at)}</dd>
        </div>
        <div>
          <dt>Ended</dt>
          <dd>{timeOfDay(props.result.completed_at)}</dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>{durationText(props.result.started_at, props.result.completed_at) ?? '–'}</dd>
        </div>
      </dl>
      <Show when={isReadable()}>
        <button
          type="button"
          onClick={() => props.onDraft({ jobType: props.result.job_type, payload: props.result.input })}
        >
          Use this input again
        </button>
      </Show>
      <details>
        <summary>The whole document</summary>
        <pre tabindex="0">{JSON.stringify(props.result, null, 2)}</pre>
      </details>
    </>
  );
}

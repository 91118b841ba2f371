import type { FailureGroup, JobList, JobSummary, JobType, ReplayFilter } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { createEffect, createMemo, createSignal, createUniqueId, For, on, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { knownType, typeTitle } from '../job/type-title.ts';
import { NO_FILTERS, searchOf } from '../jobs/filters.ts';
import { jobErrorText } from '../result/job-error-text.ts';
import { addressOf } from '../router/route.ts';
import { now } from '../time/now.ts';
import { When } from '../time/when.tsx';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { BarChart } from './bar-chart.tsx';
import { barsOf, lastText, RANGES, type Range } from './failure-bars.ts';

export type KeyedGroup = FailureGroup & { readonly key: string };

interface FailureCardProps {
  readonly group: KeyedGroup;
  readonly range: Range;
  readonly onReplay: (what: string, filter: ReplayFilter) => void;
}

/** As many at least fill the height of a chart, so that a single failure does not look like a flood. */
const FULL_HEIGHT = 5;

/** One kind of failure: how often and when, why, what to do, and its jobs. */
export function FailureCard(props: FailureCardProps) {
  const [isOpen, setIsOpen] = createSignal(false);
  const id = createUniqueId();
  const jobType = createMemo(() => knownType(props.group.job_type));
  const text = createMemo(() => jobErrorText({ code: props.group.error_code }));
  const bars = createMemo(() => barsOf(props.group.series, props.range, Date.now()));
  return (
    <li class="card failure">
      <div class="failure-head">
        <div class="failure-words">
          <p class="small muted row">
            <Icon name={typeIcon(props.group.job_type)} size={16} />
            {typeTitle(props.group.job_type)}
            <code>{props.group.error_code}</code>
          </p>
          <h2>{text().title}</h2>
          <p class="small muted">{[text().cause, text().cure].filter(Boolean).join(' ')}</p>
        </div>
        <p class="failure-count">
          <strong class="num">{props.group.count}</strong>
          <span class="small muted">{lastText(props.group.last_at, now())}</span>
        </p>
        <BarChart
          bars={bars()}
          most={Math.max(FULL_HEIGHT, ...bars().map(({ count }) => count))}
          bucket={RANGES[props.range].bucket}
        />
      </div>
      <div class="row">
        <button type="button" aria-expanded={isOpen()} aria-controls={id} onClick={() => setIsOpen(!isOpen())}>
          {isOpen() ? 'Hide its jobs' : 'Show its jobs'}
        </button>
        <Show when={jobType()}>
          {(job_type) => (
            <button
              type="button"
              onClick={() =>
                props.onReplay(`“${text().title}”`, { job_type: job_type(), error_code: props.group.error_code })
              }
            >
              Replay these…
            </button>
          )}
        </Show>
        <a
          class="small"
          href={
            addressOf.jobs +
            searchOf({ ...NO_FILTERS, type: jobType(), state: 'failed', errorCode: props.group.error_code })
          }
        >
          All of them under Jobs
        </a>
      </div>
      <div id={id}>
        <Show when={isOpen()}>
          <GroupJobs jobType={jobType()} errorCode={props.group.error_code} onReplay={props.onReplay} />
        </Show>
      </div>
    </li>
  );
}

const SHOWN = 8;
const EVERY_MS = 5000;

function GroupJobs(props: { jobType: JobType | null; errorCode: string; onReplay: FailureCardProps['onReplay'] }) {
  const live = createLive<null, JobList>(() => null, ask, EVERY_MS);
  function ask(_: null, signal: AbortSignal) {
    const of = props.jobType === null ? {} : { job_type: props.jobType };
    const query = { ...of, state: 'failed' as const, error_code: props.errorCode, limit: SHOWN };
    return settle(client.listJobs({ params: { query }, signal, cache: 'no-store' }));
  }
  const [rows, setRows] = createStore<{ jobs: JobSummary[] }>({ jobs: [] });
  createEffect(
    on(live.data, (page) => page && setRows('jobs', reconcile(page.jobs, { key: JOB_RESULTS_FIELD.job_id }))),
  );
  return (
    <Show when={live.data()} fallback={<p class="muted small">Loading its jobs…</p>}>
      {
        <ul class="group-jobs">
          <For each={rows.jobs} fallback={<li class="muted small">Its jobs are no longer kept.</li>}>
            {(job) => (
              <li>
                <a href={addressOf.job(job.job_id)}>
                  <code>{job.job_id.slice(0, 8)}</code>
                </a>
                <span class="grow ellipsis muted" title={job.message}>
                  {job.message}
                </span>
                <When at={job.completed_at ?? job.updated_at} as="ago" />
                <button
                  type="button"
                  class="quiet"
                  aria-label={`Replay job ${job.job_id.slice(0, 8)}`}
                  onClick={() => props.onReplay('one job', { job_ids: [job.job_id] })}
                >
                  Replay
                </button>
              </li>
            )}
          </For>
        </ul>
      }
    </Show>
  );
}

import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobSummary } from '@dtq/generated/schemas/types.ts';
import { createMemo, For, Show } from 'solid-js';
import { typeTitle } from '../job/type-title.ts';
import { recent } from '../recent/recent-store.ts';
import { addressOf } from '../router/route.ts';
import { now } from '../time/now.ts';
import { agoText, durationText } from '../time/time-text.ts';
import { When } from '../time/when.tsx';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import { summaryOf } from './row-words.ts';

/** Jobs in rows; on a narrow screen each row is a small card. */
export function JobRows(props: { jobs: readonly JobSummary[] }) {
  return (
    <table class="rows">
      <caption class="visually-hidden">Jobs, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Job</th>
          <th scope="col">What happens</th>
          <th scope="col" class="num">
            Attempts
          </th>
          <th scope="col" class="num">
            Took
          </th>
          <th scope="col" class="num">
            Age
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.jobs}>{(job) => <Row job={job} />}</For>
      </tbody>
    </table>
  );
}

function Row(props: { job: JobSummary }) {
  const summary = createMemo(() => summaryOf(props.job, recent.jobs()));
  return (
    <tr data-state={props.job.state}>
      <td class="cell-state">
        <StateBadge state={props.job.state} word={props.job.run_at ? 'scheduled' : props.job.state} />
      </td>
      <th scope="row" class="cell-job">
        <a href={addressOf.job(props.job.job_id)} data-row>
          <Icon name={typeIcon(props.job.job_type)} size={17} />
          <span>
            {typeTitle(props.job.job_type)}
            <Show when={summary()}>{(words) => <span class="row-summary"> {words()}</span>}</Show>
          </span>
          <code class="muted">{props.job.job_id.slice(0, 8)}</code>
        </a>
      </th>
      <td class="cell-what">
        <span class="ellipsis" title={props.job.message}>
          <What job={props.job} />
        </span>
      </td>
      <td class="num cell-attempts">{props.job.attempt ?? '–'}</td>
      <td class="num cell-took">
        <Took job={props.job} />
      </td>
      <td class="num cell-age">
        <When at={props.job.submitted_at ?? props.job.updated_at} as="ago" />
      </td>
    </tr>
  );
}

function What(props: { job: JobSummary }) {
  return (
    <Show when={props.job.run_at ?? props.job.next_attempt_at} fallback={<Message job={props.job} />}>
      {(at) => (
        <>
          {props.job.run_at ? 'starts' : 'next attempt'} {agoText(at(), now())}
        </>
      )}
    </Show>
  );
}

function Message(props: { job: JobSummary }) {
  return (
    <>
      <Show when={props.job.error_code}>{(code) => <code class="row-code">{code()}</code>}</Show>
      <Show when={props.job.state !== 'completed'}>{props.job.message}</Show>
    </>
  );
}

function Took(props: { job: JobSummary }) {
  const until = () => (isFinal(props.job.state) ? props.job.completed_at : new Date(now()).toISOString());
  return <>{(props.job.started_at && until() && durationText(props.job.started_at, until() ?? '')) || '–'}</>;
}

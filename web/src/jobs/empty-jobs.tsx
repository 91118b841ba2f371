import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { Show } from 'solid-js';
import { addressOf } from '../router/route.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { type JobFilters, searchOf } from './filters.ts';

/** A list without jobs: why it may be empty, and what would fill it. */
export function EmptyJobs(props: { filters: JobFilters; isOlder: boolean }) {
  const isFiltered = () => searchOf(props.filters) !== '' || props.isOlder;
  return (
    <div class="empty card">
      <Show when={isFiltered()} fallback={<FirstJob />}>
        <p>
          <strong>No job is like that.</strong> Take a filter away, or look at a longer time.
        </p>
        <a class="button" href={addressOf.jobs}>
          Show all jobs
        </a>
      </Show>
    </div>
  );
}

function FirstJob() {
  const command = () =>
    `curl -sS ${location.origin}${OPERATIONS.submitJob.path} -H 'content-type: application/json' \\\n  -d '{"job_type":"weather","payload":{"city":"Austin","units":"metric"}}'`;
  return (
    <>
      <p>
        <strong>There are no jobs yet.</strong> <a href={addressOf.submit}>Submit one</a>, or let a shell do it; it
        shows here by itself.
      </p>
      <div class="code">
        <CopyButton text={command} label="Copy" />
        <pre tabindex="0">{command()}</pre>
      </div>
    </>
  );
}

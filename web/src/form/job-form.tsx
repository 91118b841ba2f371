import type { JobPage } from '@dtq/generated/jobs/form.ts';
import type { JobAccepted, JobType } from '@dtq/generated/schemas/types.ts';
import { createMemo, For, onMount, Show } from 'solid-js';
import { jobSummary } from '../job/job-summary.ts';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { createSubmission, type SubmitFailure } from './create-submission.ts';
import { FieldInput } from './field-input.tsx';
import { loadRequestValidator } from './load-request-validator.ts';

interface JobFormProps {
  readonly page: JobPage<JobType>;
  /** What the form opens with, where it is not empty. */
  readonly payload: object | undefined;
  readonly onAccepted: (job: JobAccepted, payload: object) => void;
}

/** The form of one type of job, made from its generated page. */
export function JobForm(props: JobFormProps) {
  const { page } = props;
  const form = createSubmission(page, (job, payload) => props.onAccepted(job, payload), props.payload);
  let element: HTMLFormElement | undefined;

  // Fetched ahead, so that the first submit need not wait for it; a failure shows when it is needed.
  onMount(() => void loadRequestValidator(page.jobType).catch(() => undefined));

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    await form.submit();
    element?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  return (
    <form ref={element} class="card" novalidate onSubmit={submit} aria-labelledby="form-heading">
      <h2 id="form-heading">{page.title}</h2>
      <p class="muted">{page.description}</p>
      <p class="examples">
        <span>Try</span>
        <For each={page.examples}>
          {(example) => (
            <button type="button" class="chip" title={example.summary} onClick={() => form.fill(example.payload)}>
              {jobSummary(page.summary, example.payload) || example.name}
            </button>
          )}
        </For>
      </p>
      <For each={page.payload}>
        {(field) => (
          <FieldInput
            field={field}
            value={form.values()[field.name] ?? ''}
            error={form.errors().fields[field.name]}
            onInput={(value) => form.setValue(field.name, value)}
          />
        )}
      </For>
      <button type="submit" class="primary" aria-disabled={form.sending()}>
        {form.sending() ? 'Sending…' : page.submit}
      </button>
      <Failure failure={form.failure()} others={form.errors().other} />
    </form>
  );
}

function Failure(props: { failure: SubmitFailure | null; others: readonly string[] }) {
  const problem = createMemo(() => (props.failure === 'unreachable' ? null : props.failure));
  return (
    <>
      <Show when={problem()}>{(told) => <ProblemNotice problem={told()} violations={props.others} />}</Show>
      <Show when={props.failure === 'unreachable'}>
        <div class="notice notice-bad" role="alert">
          <p class="notice-title">No answer, so nobody can say whether the job was accepted</p>
          <p>Your input is kept. Submit again when the API answers.</p>
        </div>
      </Show>
      <Show when={props.failure === null && props.others.length > 0}>
        <div class="notice notice-bad" role="alert">
          <For each={props.others}>{(other) => <p>{other}</p>}</For>
        </div>
      </Show>
    </>
  );
}

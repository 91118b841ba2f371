import type { JobPage } from '@dtq/generated/jobs/form.ts';
import type { JobAccepted, JobType } from '@dtq/generated/schemas/types.ts';
import { createMemo, createSignal, For, Show } from 'solid-js';
import { jobSummary } from '../job/job-summary.ts';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { createDraft } from './create-draft.ts';
import { createSubmission } from './create-submission.ts';
import { errorLines } from './field-errors.ts';
import { FieldInput } from './field-input.tsx';
import { JsonView } from './json-view.tsx';
import { loadRequestValidator } from './load-request-validator.ts';
import { OptionsFold } from './options-fold.tsx';
import { optionMembers, PLAIN } from './request-options.ts';
import { CodeSamples } from './sample-fold.tsx';

interface JobFormProps {
  readonly page: JobPage<JobType>;
  /** What the form opens with, where it is not empty. */
  readonly payload: object | undefined;
  readonly onAccepted: (job: JobAccepted, summary: string) => void;
}

/** The form of one type of job, made from its generated page. */
export function JobForm(props: JobFormProps) {
  const { page } = props;
  const draft = createDraft(page, props.payload);
  const [options, setOptions] = createSignal(PLAIN);
  const form = createSubmission(page, (job, payload) => props.onAccepted(job, jobSummary(page.summary, payload)));
  const request = createMemo(() => {
    const { payload } = draft.payload();
    return payload === null ? null : { job_type: page.jobType, payload, ...optionMembers(options()) };
  });
  const others = () => (draft.isJson() ? errorLines(page.payload, form.errors()) : form.errors().other);
  let element: HTMLFormElement | undefined;

  // Fetched when somebody begins to write, so that the first submit need not wait for it; a failure shows when it is needed.
  const prepare = () => void loadRequestValidator(page.jobType).catch(() => undefined);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const now = request();
    if (now !== null) await form.submit(now);
    element?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  return (
    <form ref={element} class="card job-form" novalidate onSubmit={submit} onFocusIn={prepare} aria-label={page.title}>
      <div class="card-head">
        <div class="row examples">
          <span class="muted small">Try</span>
          <For each={page.examples}>
            {(example) => (
              <button
                type="button"
                class="chip"
                title={example.summary}
                onClick={() => {
                  draft.fill(example.payload);
                  form.clear();
                }}
              >
                {jobSummary(page.summary, example.payload) || example.name}
              </button>
            )}
          </For>
        </div>
        <fieldset class="segmented">
          <legend class="visually-hidden">How to write it</legend>
          <button type="button" aria-pressed={!draft.isJson()} onClick={() => draft.show(false)}>
            Form
          </button>
          <button type="button" aria-pressed={draft.isJson()} onClick={() => draft.show(true)}>
            JSON
          </button>
        </fieldset>
      </div>
      <Show
        when={draft.isJson()}
        fallback={
          <div class="fields">
            <For each={page.payload}>
              {(field) => (
                <FieldInput
                  field={field}
                  value={draft.values()[field.name] ?? ''}
                  error={form.errors().fields[field.name]}
                  onInput={(value) => {
                    draft.setValue(field.name, value);
                    form.mend(field.name);
                  }}
                />
              )}
            </For>
          </div>
        }
      >
        <JsonView draft={draft} isWrong={others().length > 0} onInput={form.clear} />
      </Show>
      <OptionsFold options={options()} errors={form.errors().options} onChange={setOptions} />
      <div class="row">
        <button type="submit" class="primary" aria-disabled={form.sending() || request() === null}>
          {form.sending() ? 'Sending…' : page.submit}
        </button>
        <Show when={form.silences() > 0}>
          <button type="button" onClick={form.giveUp}>
            Stop trying
          </button>
        </Show>
      </div>
      <div role="status">
        <Show when={form.silences() > 0}>
          <p class="notice" data-state="queued">
            No answer yet, so it is sent again by itself, with the same key: that cannot make a second job.
          </p>
        </Show>
      </div>
      <Show when={form.failure()}>{(problem) => <ProblemNotice problem={problem()} violations={others()} />}</Show>
      <Show when={form.failure() === null && others().length > 0}>
        <div class="notice" data-state="failed" role="alert">
          <For each={others()}>{(other) => <p>{other}</p>}</For>
        </div>
      </Show>
      <CodeSamples request={request()} />
    </form>
  );
}

import type { JobPage } from '@dtq/generated/jobs/form.ts';
import type { JobAccepted, JobType, Problem } from '@dtq/generated/schemas/types.ts';
import { createSignal } from 'solid-js';
import { client } from '../api/client.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { noteReachability } from '../api/reachability.ts';
import { errorsOfValidator, errorsOfViolations, type FormErrors, NO_ERRORS, withoutField } from './field-errors.ts';
import { emptyValues, payloadOf, valuesOf } from './form-values.ts';
import { loadRequestValidator } from './load-request-validator.ts';

const ANSWER_WITHIN_MS = 15_000;

/** Why the last submit was not accepted. */
export type SubmitFailure = 'unreachable' | Problem;

/** The state of one form, and the way from its values to an accepted job. */
export function createSubmission(
  page: JobPage<JobType>,
  accepted: (job: JobAccepted, payload: object) => void,
  payload?: object,
) {
  const fields = page.payload;
  const [values, setValues] = createSignal(payload ? valuesOf(fields, payload) : emptyValues(fields));
  const [errors, setErrors] = createSignal<FormErrors>(NO_ERRORS);
  const [failure, setFailure] = createSignal<SubmitFailure | null>(null);
  const [sending, setSending] = createSignal(false);

  function setValue(name: string, value: string): void {
    setValues((known) => ({ ...known, [name]: value }));
    setErrors((known) => withoutField(known, name));
  }

  function fill(example: object): void {
    setValues(valuesOf(fields, example));
    setErrors(NO_ERRORS);
    setFailure(null);
  }

  async function send(): Promise<void> {
    const request: unknown = { job_type: page.jobType, payload: payloadOf(fields, values()) };
    const validate = await loadRequestValidator(page.jobType);
    if (!validate(request)) {
      setErrors(errorsOfValidator(fields, validate.errors ?? []));
      return;
    }
    const answer = await settle(client.submitJob({ body: request, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }));
    settleForm(answer, request.payload);
  }

  function settleForm(answer: Outcome<JobAccepted>, sent: object): void {
    noteReachability(answer);
    if (answer.kind === 'ok') {
      accepted(answer.data, sent);
      return;
    }
    setFailure(answer.kind === 'problem' ? answer.problem : 'unreachable');
    if (answer.kind === 'problem') setErrors(errorsOfViolations(fields, answer.problem.violations ?? []));
  }

  /** Validates and sends, one submit at a time. A submit without an answer is not repeated: it may have been accepted. */
  async function submit(): Promise<void> {
    if (sending()) return;
    setSending(true);
    setErrors(NO_ERRORS);
    setFailure(null);
    try {
      await send();
    } catch {
      // Only the validator's chunk can fail to load here, and it comes from the origin that the API is on.
      settleForm({ kind: 'unreachable' }, {});
    } finally {
      setSending(false);
    }
  }

  return { values, errors, failure, sending, setValue, fill, submit };
}

import type { JobPage } from '@dtq/generated/jobs/form.ts';
import type { JobAccepted, JobType, Problem } from '@dtq/generated/schemas/types.ts';
import { createSignal, onCleanup } from 'solid-js';
import { client } from '../api/client.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { pause } from '../api/pause.ts';
import { pollDelay } from '../api/poll-delay.ts';
import { noteReachability } from '../api/reachability.ts';
import { withKey } from '../key/with-key.ts';
import { errorsOfValidator, errorsOfViolations, type FormErrors, NO_ERRORS, withoutField } from './field-errors.ts';
import { loadRequestValidator } from './load-request-validator.ts';
import { forgetKey, keyOf } from './submit-key.ts';

const ANSWER_WITHIN_MS = 15_000;

/**
 * The way from a request to an accepted job. What is wrong by the contract never leaves the page. A submit that got no
 * answer is sent again with the key that it had, so that no repeat makes a second job, until it is answered or stopped.
 */
export function createSubmission(page: JobPage<JobType>, accepted: (job: JobAccepted, payload: object) => void) {
  const [errors, setErrors] = createSignal<FormErrors>(NO_ERRORS);
  const [failure, setFailure] = createSignal<Problem | null>(null);
  const [sending, setSending] = createSignal(false);
  /** How often it got no answer so far. */
  const [silences, setSilences] = createSignal(0);
  let stop = new AbortController();
  onCleanup(() => stop.abort());

  async function submit(request: { readonly payload: object }): Promise<void> {
    if (sending()) return;
    setSending(true);
    setErrors(NO_ERRORS);
    setFailure(null);
    stop = new AbortController();
    try {
      await send(request, stop.signal);
    } finally {
      setSending(false);
      setSilences(0);
    }
  }

  async function send(request: unknown, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify(request);
    for (let failures = 1; ; failures++) {
      const outcome = await attempt(request, text, signal);
      if (outcome === null || signal.aborted) return;
      noteReachability(outcome);
      if (outcome.kind === 'ok') {
        forgetKey();
        return accepted(outcome.data, (request as { payload: object }).payload);
      }
      if (outcome.kind === 'problem' && !isWorthRepeating(outcome.problem)) {
        setFailure(outcome.problem);
        setErrors(errorsOfViolations(page.payload, outcome.problem.violations ?? []));
        return;
      }
      setSilences(failures);
      await pause(pollDelay(failures, outcome.kind === 'problem' ? outcome.retryAfterMs : 0), signal);
      if (signal.aborted) return;
    }
  }

  /** One request; null where it breaks the contract and was not sent. */
  async function attempt(request: unknown, text: string, signal: AbortSignal): Promise<Outcome<JobAccepted> | null> {
    const validate = await loadRequestValidator(page.jobType).catch(() => null);
    // The validator comes from the origin that the API is on: both are out of reach.
    if (validate === null) return { kind: 'unreachable' };
    if (!validate(request)) {
      setErrors(errorsOfValidator(page.payload, validate.errors ?? []));
      return null;
    }
    const send = () =>
      settle(
        client.submitJob({
          body: request,
          params: { header: { 'Idempotency-Key': keyOf(text) } },
          signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
        }),
      );
    return await withKey(send, signal);
  }

  return {
    errors,
    failure,
    sending,
    silences,
    submit,
    giveUp: () => stop.abort(),
    mend: (name: string) => setErrors((known) => withoutField(known, name)),
    clear: () => {
      setErrors(NO_ERRORS);
      setFailure(null);
    },
  };
}

/** Nobody can say yet whether it was accepted; the same request with the same key will tell. */
function isWorthRepeating({ status, code }: Problem): boolean {
  return status === 503 || status === 504 || code === 'submit_in_flight';
}

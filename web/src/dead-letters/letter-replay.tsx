import type { DeadLetter, JobType, Problem } from '@dtq/generated/schemas/types.ts';
import { createMemo, createResource, createSignal, For, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { settle } from '../api/outcome.ts';
import { randomKey } from '../api/random-key.ts';
import { noteReachability } from '../api/reachability.ts';
import { errorLines, errorsOfValidator } from '../form/field-errors.ts';
import { parsePayload, payloadText } from '../form/form-values.ts';
import { loadRequestValidator } from '../form/load-request-validator.ts';
import { loadPage } from '../job/load-page.ts';
import { knownType } from '../job/type-title.ts';
import { withKey } from '../key/with-key.ts';
import { ProblemNotice } from '../problem/problem-notice.tsx';
import { addressOf } from '../router/route.ts';
import { navigate } from '../router/router.ts';
import { bytesOf, payloadOfLetter } from './letter-text.ts';

const ANSWER_WITHIN_MS = 15_000;

/** An editor for the payload that the message should have had; sends it as a new job once it is valid. */
export function LetterReplay(props: { letter: DeadLetter; onReplayed: () => void }) {
  const jobType = createMemo(() => knownType(props.letter.job_type));
  return (
    <Show
      when={jobType()}
      fallback={
        <p class="hint">This page knows no jobs of the type {props.letter.job_type}, so it cannot mend the message.</p>
      }
    >
      {(type) => <Editor letter={props.letter} jobType={type()} onReplayed={props.onReplayed} />}
    </Show>
  );
}

function Editor(props: { letter: DeadLetter; jobType: JobType; onReplayed: () => void }) {
  const [parts] = createResource(
    () => props.jobType,
    async (type) => ({ page: await loadPage(type), validate: await loadRequestValidator(type) }),
  );
  const own = createMemo(() => payloadOfLetter(bytesOf(props.letter.value_base64)));
  const [text, setText] = createSignal<string | null>(null);
  const shown = () => text() ?? payloadText(own() ?? parts()?.page.examples[0]?.payload ?? {});
  const [sending, setSending] = createSignal(false);
  const [trouble, setTrouble] = createSignal<'unreachable' | Problem | null>(null);
  let key = randomKey();

  const wrong = createMemo<readonly string[]>(() => {
    const parsed = parsePayload(shown());
    const loaded = parts();
    if (parsed.payload === null) return [parsed.why];
    const request: unknown = { job_type: props.jobType, payload: parsed.payload };
    if (loaded === undefined || loaded.validate(request)) return [];
    const { page, validate } = loaded;
    return errorLines(page.payload, errorsOfValidator(page.payload, validate.errors ?? []));
  });

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { payload } = parsePayload(shown());
    if (payload === null || wrong().length > 0 || sending()) return;
    setSending(true);
    setTrouble(null);
    const outcome = await withKey(() =>
      settle(
        client.replayDeadLetter({
          params: {
            path: { dead_letter_id: props.letter.dead_letter_id },
            header: { 'Idempotency-Key': key },
          },
          body: { payload: payload as Record<string, never> },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        }),
      ),
    );
    noteReachability(outcome);
    setSending(false);
    if (outcome.kind === 'ok') {
      key = randomKey();
      props.onReplayed();
      navigate(addressOf.job(outcome.data.job_id));
    } else setTrouble(outcome.kind === 'problem' ? outcome.problem : 'unreachable');
  }

  return (
    <form class="card" onSubmit={send} aria-labelledby="mend-heading" novalidate>
      <h2 id="mend-heading">Mend it and send it again</h2>
      <div class="field">
        <label for="mended-payload">Payload</label>
        <textarea
          id="mended-payload"
          rows={10}
          spellcheck={false}
          autocapitalize="off"
          aria-invalid={wrong().length > 0}
          aria-describedby="mended-note"
          value={shown()}
          onInput={(event) => {
            setText(event.currentTarget.value);
            // Another payload is another thing to be done.
            key = randomKey();
          }}
        />
        <div id="mended-note" aria-live="polite">
          <Show
            when={wrong().length > 0}
            fallback={<p class="hint">It fits. A new job gets this payload; the letter stays as it is.</p>}
          >
            <ul class="error">
              <For each={wrong()}>{(line) => <li>{line}</li>}</For>
            </ul>
          </Show>
        </div>
      </div>
      <Show when={trouble()}>
        {(told) => (
          <Show
            when={told() !== 'unreachable'}
            fallback={
              <p class="notice" data-state="queued" role="alert">
                No answer. Press again: it cannot be done twice.
              </p>
            }
          >
            <ProblemNotice problem={told() as Problem} />
          </Show>
        )}
      </Show>
      <div class="row">
        <button type="submit" class="primary" aria-disabled={wrong().length > 0 || sending()}>
          {sending() ? 'Sending…' : 'Send as a new job'}
        </button>
      </div>
    </form>
  );
}

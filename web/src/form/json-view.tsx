import { createMemo, Show } from 'solid-js';
import type { Draft } from './create-draft.ts';

/** The payload as JSON, to be read, edited, or pasted into. */
export function JsonView(props: { draft: Draft; isWrong: boolean; onInput: () => void }) {
  const why = createMemo(() => {
    const now = props.draft.payload();
    return now.payload === null ? now.why : null;
  });
  return (
    <div class="field">
      <label for="payload-json">Payload</label>
      <textarea
        id="payload-json"
        rows={9}
        spellcheck={false}
        autocapitalize="off"
        aria-invalid={why() !== null || props.isWrong}
        aria-describedby="payload-json-note"
        value={props.draft.text()}
        onInput={(event) => {
          props.draft.setText(event.currentTarget.value);
          props.onInput();
        }}
      />
      <p id="payload-json-note" classList={{ error: why() !== null, hint: why() === null }}>
        <Show when={why()} fallback="The form shows the same payload.">
          {(words) => words()}
        </Show>
      </p>
    </div>
  );
}

import { createMemo, createSignal, Show } from 'solid-js';
import { heldKey, refusal } from '../key/held-key.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { curlOf, type Sample, sdkOf } from './code-samples.ts';

/** What stands in the form as a shell command and as a program, to be taken away. */
export function CodeSamples(props: { request: Sample | null }) {
  const [isCurl, setIsCurl] = createSignal(true);
  const code = createMemo(() => {
    if (props.request === null) return null;
    const wantsKey = heldKey() !== null || refusal() !== null;
    return (isCurl() ? curlOf : sdkOf)(location.origin, props.request, wantsKey);
  });
  return (
    <details class="samples">
      <summary>The same from a shell or a program</summary>
      <Show when={code()} fallback={<p class="hint">Mend the JSON first.</p>}>
        {(text) => (
          <div class="stack">
            <fieldset class="segmented">
              <legend class="visually-hidden">Written as</legend>
              <button type="button" aria-pressed={isCurl()} onClick={() => setIsCurl(true)}>
                curl
              </button>
              <button type="button" aria-pressed={!isCurl()} onClick={() => setIsCurl(false)}>
                SDK
              </button>
            </fieldset>
            <div class="code">
              <CopyButton text={text} label={isCurl() ? 'Copy curl' : 'Copy code'} />
              <pre tabindex="0">{text()}</pre>
            </div>
          </div>
        )}
      </Show>
    </details>
  );
}

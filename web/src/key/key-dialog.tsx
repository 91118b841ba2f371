import { isSendableKey } from '@dtq/generated/sdk/api-key.ts';
import { createSignal, Match, Show, Switch } from 'solid-js';
import { client } from '../api/client.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { noteReachability } from '../api/reachability.ts';
import { Dialog } from '../ui/dialog.tsx';
import { dismissKey, forgetKey, heldKey, keepKey, refusal } from './held-key.ts';

const ANSWER_WITHIN_MS = 10_000;

const TITLES = { missing: 'This API wants a key', refused: 'The key was refused', none: 'The key of the API' } as const;

/** Asks for the key of the API, says what is wrong with the one in use, and forgets it. */
export function KeyDialog() {
  const [isOnDevice, setIsOnDevice] = createSignal(heldKey()?.isOnDevice ?? false);
  const [wrong, setWrong] = createSignal<string | null>(null);
  const [isAsking, setIsAsking] = createSignal(false);
  // What it is about does not change under the hands of who reads it.
  const about = refusal() ?? 'none';
  let field: HTMLInputElement | undefined;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (field === undefined || isAsking()) return;
    const text = field.value.trim().replace(/^bearer\s+/i, '');
    setWrong(null);
    if (!isSendableKey(text)) return tell('That is no key: it is one word, without spaces.');
    setIsAsking(true);
    const outcome = await tried(text);
    setIsAsking(false);
    const fault = faultOf(outcome);
    if (fault === null) keepKey(text, isOnDevice());
    else tell(fault);
  }

  function tell(fault: string): void {
    setWrong(fault);
    field?.focus();
  }

  return (
    <Dialog title={TITLES[about]} onClose={dismissKey}>
      <form class="stack" onSubmit={submit} novalidate>
        <Switch>
          <Match when={about === 'missing'}>
            <p>It answers those who have one. Whoever runs this API gives keys out.</p>
          </Match>
          <Match when={about === 'refused'}>
            <p>The API does not know the key in use, or no longer: ask whoever runs it for another.</p>
          </Match>
          <Match when={heldKey()}>
            {(held) => (
              <p>
                A key is in use, kept {held().isOnDevice ? 'on this device' : 'for this tab alone'}. Another one takes
                its place.
              </p>
            )}
          </Match>
        </Switch>
        <div class="field">
          <label for="api-key">Key</label>
          <input
            ref={field}
            id="api-key"
            type="password"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={wrong() !== null}
            aria-describedby="api-key-note"
            onInput={() => setWrong(null)}
          />
          <p id="api-key-note" aria-live="polite" class={wrong() === null ? 'hint' : 'error'}>
            {wrong() ?? 'One word, such as dtq_billing_… It is sent to this API and nowhere else.'}
          </p>
        </div>
        <div>
          <label>
            <input
              type="checkbox"
              checked={isOnDevice()}
              aria-describedby="keep-note"
              onChange={(event) => setIsOnDevice(event.currentTarget.checked)}
            />{' '}
            Keep it on this device
          </label>
          <p id="keep-note" class="hint">
            Whoever uses this browser can then use it. Otherwise it goes when this tab is closed.
          </p>
        </div>
        <div class="row">
          <Show when={heldKey()}>
            <button type="button" class="danger" onClick={forgetKey}>
              Forget the key
            </button>
          </Show>
          <button type="button" onClick={dismissKey}>
            Close
          </button>
          <button type="submit" class="primary" aria-disabled={isAsking()}>
            {isAsking() ? 'Asking…' : 'Use this key'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks the API for something with a key that is not in use yet. */
async function tried(key: string): Promise<Outcome<unknown>> {
  const outcome = await settle(
    client.getSystem({
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      cache: 'no-store',
    }),
  );
  noteReachability(outcome);
  return outcome;
}

/** Why a key cannot be taken; null for one that the API knows, whatever it may do. */
function faultOf(outcome: Outcome<unknown>): string | null {
  if (outcome.kind === 'unreachable')
    return 'No answer from the API, so nobody can say whether it is right. Press again.';
  if (outcome.kind === 'ok') return null;
  if (outcome.problem.code === 'unauthenticated')
    return 'The API does not know this key. Is it whole, and is it for this API?';
  if (outcome.problem.code === 'rate_limited')
    return `Too many requests came from here. Press again in ${Math.ceil(outcome.retryAfterMs / 1000)} s.`;
  return null;
}

import { JOB_PRIORITY_VALUES } from '@dtq/generated/schemas/enums.ts';
import { createResource, createSignal, createUniqueId, For, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { settle } from '../api/outcome.ts';
import type { OptionErrors } from './field-errors.ts';
import { DELAY_UNITS, type DelayUnit, optionsText, PLAIN, type RequestOptions } from './request-options.ts';

interface OptionsFoldProps {
  readonly options: RequestOptions;
  readonly errors: OptionErrors;
  readonly onChange: (options: RequestOptions) => void;
}

const WHEN_WORDS = { now: 'Now', after: 'After a while', at: 'At a time' } as const;

/** When, until when, and how urgent: folded away until somebody wants it, or it is wrong. */
export function OptionsFold(props: OptionsFoldProps) {
  const set = (change: Partial<RequestOptions>) => props.onChange({ ...props.options, ...change });
  const [wasOpened, setWasOpened] = createSignal(false);
  // Asked for when somebody may want it; until the answer, and without one, the API has the last word.
  const [refusal] = createResource(wasOpened, loadPriorityRefusal);
  const isWrong = () => Object.keys(props.errors).length > 0;
  return (
    <details
      class="options"
      open={isWrong() || undefined}
      onToggle={(event) => event.currentTarget.open && setWasOpened(true)}
    >
      <summary>
        When and how urgent{' '}
        <span class="optional">{optionsText(props.options) || 'now · normal priority · no expiry'}</span>
      </summary>
      <div class="fields">
        <fieldset class="field">
          <legend>Start</legend>
          <div class="segmented">
            <For each={['now', 'after', 'at'] as const}>
              {(when) => (
                <label>
                  <input
                    type="radio"
                    name="option-when"
                    checked={props.options.when === when}
                    onChange={() => set({ when })}
                  />
                  {WHEN_WORDS[when]}
                </label>
              )}
            </For>
          </div>
          <Show when={props.options.when === 'after'}>
            <div class="row delay">
              <input
                type="text"
                inputmode="numeric"
                aria-label="How long"
                aria-invalid={props.errors.delay !== undefined}
                value={props.options.delay}
                onInput={(event) => set({ delay: event.currentTarget.value })}
              />
              <select
                aria-label="Unit"
                onChange={(event) => set({ delayUnit: event.currentTarget.value as DelayUnit })}
              >
                <For each={Object.entries(DELAY_UNITS)}>
                  {([unit, word]) => (
                    <option value={unit} selected={unit === props.options.delayUnit}>
                      {word}
                    </option>
                  )}
                </For>
              </select>
            </div>
          </Show>
          <Show when={props.options.when === 'at'}>
            <input
              type="datetime-local"
              aria-label="Not before"
              aria-invalid={props.errors.run_at !== undefined}
              value={props.options.runAt}
              onInput={(event) => set({ runAt: event.currentTarget.value })}
            />
            <p class="hint">
              In your time zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}; at most 30 days ahead.
            </p>
          </Show>
          <Show when={props.errors.delay ?? props.errors.run_at}>{(error) => <p class="error">{error()}</p>}</Show>
        </fieldset>
        <Expiry {...props} set={set} />
        <fieldset class="field">
          <legend>Priority</legend>
          <div class="segmented">
            <For each={JOB_PRIORITY_VALUES}>
              {(priority) => (
                <label>
                  <input
                    type="radio"
                    name="option-priority"
                    disabled={Boolean(refusal()) && priority !== PLAIN.priority}
                    checked={props.options.priority === priority}
                    onChange={() => set({ priority })}
                  />
                  {priority}
                </label>
              )}
            </For>
          </div>
          <p class="hint">
            <Show when={refusal()} fallback="Of ten that start while all wait, six are high, three normal, one low.">
              {(reason) => `This backend knows normal priority only: ${reason()}.`}
            </Show>
          </p>
          <Show when={props.errors.priority}>{(error) => <p class="error">{error()}</p>}</Show>
        </fieldset>
      </div>
    </details>
  );
}

function Expiry(props: OptionsFoldProps & { set: (change: Partial<RequestOptions>) => void }) {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>
        Give up at <span class="optional">optional</span>
      </label>
      <input
        id={id}
        type="datetime-local"
        aria-invalid={props.errors.expires_at !== undefined}
        aria-describedby={`${id}-hint`}
        value={props.options.expiresAt}
        onInput={(event) => props.set({ expiresAt: event.currentTarget.value })}
      />
      <Show when={props.errors.expires_at}>{(error) => <p class="error">{error()}</p>}</Show>
      <p class="hint" id={`${id}-hint`}>
        Where nobody has started it by then, it fails as expired.
      </p>
    </div>
  );
}

/** The name of the capability that other priorities than normal need. */
const PRIORITIES = 'priority-topics';

/** Why the backend takes no priority but normal; null where it does, or where nobody says. */
async function loadPriorityRefusal(): Promise<string | null> {
  const outcome = await settle(client.getSystem({ signal: AbortSignal.timeout(5000) }));
  if (outcome.kind !== 'ok') return null;
  const capability = outcome.data.capabilities.find(({ name }) => name === PRIORITIES);
  return capability?.supported === false ? capability.reason : null;
}

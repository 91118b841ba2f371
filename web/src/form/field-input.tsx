import type { Field } from '@dtq/generated/jobs/form.ts';
import { For, Match, Show, Switch } from 'solid-js';

interface FieldInputProps {
  readonly field: Field;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
}

/** Choices up to this many are shown all at once. */
const RADIOS_AT_MOST = 4;

/** One field with its label, its hint and its error, in the shape that its widget and type ask for. */
export function FieldInput(props: FieldInputProps) {
  const isRadios = () => (props.field.choices?.length ?? Number.POSITIVE_INFINITY) <= RADIOS_AT_MOST;
  return (
    <Show when={isRadios()} fallback={<LabelledInput {...props} />}>
      <Radios {...props} />
    </Show>
  );
}

function LabelledInput(props: FieldInputProps) {
  const common = () => ({
    id: idOf(props.field),
    name: props.field.name,
    'aria-required': props.field.required,
    'aria-invalid': props.error !== undefined,
    'aria-describedby': describedBy(props),
  });
  return (
    <div class="field">
      <label for={idOf(props.field)}>
        <LabelText field={props.field} />
      </label>
      <Switch
        fallback={
          <input
            {...common()}
            type="text"
            inputmode={props.field.type === 'number' || props.field.type === 'integer' ? 'decimal' : 'text'}
            autocomplete="off"
            spellcheck={false}
            placeholder={props.field.placeholder ?? undefined}
            value={props.value}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
        }
      >
        <Match when={props.field.choices}>
          {(choices) => (
            <select {...common()} onChange={(event) => props.onInput(event.currentTarget.value)}>
              <Show when={!props.field.required}>
                <option value="" selected={props.value === ''} />
              </Show>
              <For each={choices()}>
                {(choice) => (
                  <option value={choice} selected={props.value === choice}>
                    {choice}
                  </option>
                )}
              </For>
            </select>
          )}
        </Match>
        <Match when={props.field.type === 'boolean'}>
          <input
            {...common()}
            type="checkbox"
            checked={props.value === 'true'}
            onChange={(event) => props.onInput(String(event.currentTarget.checked))}
          />
        </Match>
        <Match
          when={props.field.type === 'array' || props.field.type === 'object' || props.field.widget === 'textarea'}
        >
          <textarea
            {...common()}
            rows={4}
            spellcheck={false}
            placeholder={props.field.placeholder ?? undefined}
            value={props.value}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
        </Match>
      </Switch>
      <HintAndError {...props} />
    </div>
  );
}

function Radios(props: FieldInputProps) {
  return (
    <fieldset class="field" aria-describedby={describedBy(props)}>
      <legend>
        <LabelText field={props.field} />
      </legend>
      <div class="segmented">
        <For each={props.field.choices}>
          {(choice) => (
            <label>
              <input
                type="radio"
                name={props.field.name}
                value={choice}
                checked={props.value === choice}
                onChange={() => props.onInput(choice)}
              />
              {choice}
            </label>
          )}
        </For>
      </div>
      <HintAndError {...props} />
    </fieldset>
  );
}

function LabelText(props: { field: Field }) {
  return (
    <>
      {props.field.label}
      <Show when={props.field.unit}>{(unit) => ` (${unit()})`}</Show>
      <Show when={!props.field.required}>
        {' '}
        <span class="optional">optional</span>
      </Show>
    </>
  );
}

function HintAndError(props: FieldInputProps) {
  return (
    <>
      <p class="hint" id={`${idOf(props.field)}-hint`}>
        {props.field.help ?? props.field.description}
      </p>
      <Show when={props.error}>
        {(error) => (
          <p class="error" id={`${idOf(props.field)}-error`}>
            {error()}
          </p>
        )}
      </Show>
    </>
  );
}

function idOf({ name }: Field): string {
  return `field-${name}`;
}

/** The error first: it is what somebody who lands on the field must hear. */
function describedBy({ field, error }: FieldInputProps): string {
  return `${error === undefined ? '' : `${idOf(field)}-error `}${idOf(field)}-hint`;
}

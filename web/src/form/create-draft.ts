import type { JobPage } from '@dtq/generated/jobs/form.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { createMemo, createSignal } from 'solid-js';
import { emptyValues, parsePayload, payloadOf, payloadText, valuesOf } from './form-values.ts';

/** A payload that is being written, as a form or as JSON; each follows the other. */
export function createDraft(page: JobPage<JobType>, initial?: object) {
  const fields = page.payload;
  const [values, setValues] = createSignal(initial ? valuesOf(fields, initial) : emptyValues(fields));
  const [text, setText] = createSignal('');
  const [isJson, setIsJson] = createSignal(false);
  const parsed = createMemo(() => parsePayload(text()));

  /** The payload as it stands; a text that is no JSON object is told in words. */
  const payload = createMemo<ReturnType<typeof parsePayload>>(() =>
    isJson() ? parsed() : { payload: payloadOf(fields, values()) },
  );

  /** Shows the other of the two; refuses while the JSON cannot be read. */
  function show(json: boolean): void {
    const now = payload();
    if (json === isJson() || now.payload === null) return;
    if (json) setText(payloadText(now.payload));
    else setValues(valuesOf(fields, now.payload));
    setIsJson(json);
  }

  function fill(example: object): void {
    setValues(valuesOf(fields, example));
    setText(payloadText(example));
  }

  return {
    values,
    setValue: (name: string, value: string) => setValues((known) => ({ ...known, [name]: value })),
    text,
    setText,
    isJson,
    payload,
    show,
    fill,
  };
}

export type Draft = ReturnType<typeof createDraft>;

import type { Field } from '@dtq/generated/jobs/form.ts';

/** What stands in the form, by field name. An empty text is a field left empty. */
export type FormValues = Readonly<Record<string, string>>;

/** A form as it opens: a choice that must be made stands on its first value, all else is empty. */
export function emptyValues(fields: readonly Field[]): FormValues {
  return Object.fromEntries(fields.map((field) => [field.name, field.required ? (field.choices?.[0] ?? '') : '']));
}

/** A form that shows a payload. */
export function valuesOf(fields: readonly Field[], payload: object): FormValues {
  const given = new Map<string, unknown>(Object.entries(payload));
  return Object.fromEntries(fields.map((field) => [field.name, textOf(given.get(field.name))]));
}

/**
 * The payload that a form asks for: fields left empty are left out, texts are trimmed, numbers and the like are parsed.
 * A text that does not parse stays a text, so that the validator names it.
 */
export function payloadOf(fields: readonly Field[], values: FormValues): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .map((field) => [field.name, (values[field.name] ?? '').trim(), field] as const)
      .filter(([, text]) => text !== '')
      .map(([name, text, field]) => [name, parsed(field, text)]),
  );
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parsed(field: Field, text: string): unknown {
  switch (field.type) {
    case 'string':
      return text;
    case 'number':
    case 'integer':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true';
    default:
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
  }
}

/** A payload as the JSON view shows it. */
export function payloadText(payload: object): string {
  return JSON.stringify(payload, null, 2);
}

/** What a text of the JSON view says: a payload, or in words why it is none. */
export function parsePayload(
  text: string,
): { readonly payload: object } | { readonly payload: null; readonly why: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { payload: value };
    return { payload: null, why: 'A payload is an object: { … }.' };
  } catch (error) {
    return { payload: null, why: `This is no JSON yet: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

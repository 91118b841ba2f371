import type { Field } from '@dtq/generated/jobs/form.ts';

/** One thing that a payload or a result says. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

const NUMBERS = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

/** The fields that are there, with label and unit; those named in `told` are told elsewhere. */
export function outputFacts(fields: readonly Field[], output: object, told: readonly string[] = []): readonly Fact[] {
  const given = new Map<string, unknown>(Object.entries(output));
  return fields
    .filter(({ name }) => !told.includes(name) && (given.get(name) ?? null) !== null)
    .map(({ name, label, unit }) => ({ label, value: valueText(given.get(name), unit) }));
}

/** A value in words, with its unit. */
export function valueText(value: unknown, unit: string | null): string {
  return unit === null ? plainText(value) : `${plainText(value)}\u00a0${unit}`;
}

function plainText(value: unknown): string {
  if (typeof value === 'number') return NUMBERS.format(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

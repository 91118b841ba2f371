import fc, { type Arbitrary } from 'fast-check';
import { resolve, type Schema } from './schema.ts';

// Values for a schema of the document: such as fit it, with its bounds among them, and such as do not.

/** Text that is hard on parsers, stores and logs. */
export const NASTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\u0007',
  '\n',
  '\r\nX-Injected: 1',
  '\uFEFF',
  '\u202Eevil',
  '\uFFFF',
  'é',
  'e\u0301',
  '東京',
  '👩‍👩‍👧‍👦',
  '𝒳',
  'ß'.repeat(100),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e400',
  '..',
  '../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  '%zz',
  "' OR '1'='1",
  '{"$gt":""}',
  '$where',
  '<script>',
  '$' + '{7*7}',
  'a'.repeat(256),
  'a'.repeat(5000),
];

const NASTY_NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  1,
  0.1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  1e21,
  1e308,
  5e-324,
];

/** Stands for the key __proto__, which an object literal cannot hold, until the value is text. */
export const PROTO = '\u{10FFFD}proto\u{10FFFD}';

/** Anything that JSON has. */
export const anything: Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { a: 1 }) },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_NUMBERS) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
);

/** Values that fit a schema; seldom such as the schema cannot tell from them (a time that has passed, an id of nothing). */
export function fitting(given: Schema): Arbitrary<unknown> {
  const schema = resolve<Schema>(given);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return fc.oneof(...choices.map(fitting));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return withExamples(schema, objectOf(schema));
    case 'array':
      return fc.array(fitting(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, (schema.minItems ?? 0) + 5),
      });
    case 'string':
      return withExamples(schema, textOf(schema));
    case 'integer':
    case 'number':
      return withExamples(schema, numberOf(schema));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return anything;
  }
}

function withExamples(schema: Schema, arbitrary: Arbitrary<unknown>): Arbitrary<unknown> {
  const { examples = [] } = schema;
  return examples.length === 0 ? arbitrary : fc.oneof(arbitrary, fc.constantFrom(...examples));
}

function objectOf({ properties = {}, required = [] }: Schema): Arbitrary<unknown> {
  const model = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, fitting(schema)]));
  // A record with every optional field is rare by itself; one with none is what most clients send.
  const some = fc.record(model, { requiredKeys: [...required] });
  const least = fc.record(Object.fromEntries(required.map((name) => [name, model[name] ?? anything])));
  return fc.oneof({ weight: 1, arbitrary: some }, { weight: 2, arbitrary: least });
}

function numberOf({ type, minimum = -1000, maximum = 1000 }: Schema): Arbitrary<unknown> {
  const bounds = fc.constantFrom(minimum, maximum);
  if (type === 'integer') return fc.oneof(bounds, fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 53 - 1) }));
  return fc.oneof(bounds, fc.double({ min: minimum, max: maximum, noNaN: true }));
}

const DAY_MS = 24 * 3_600_000;

function textOf({ minLength = 0, maxLength = 100, pattern, format }: Schema): Arbitrary<unknown> {
  if (format === 'date-time') return timeOf();
  const plain = fc.oneof(
    fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60) }),
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 20) }),
    fc.string({ minLength: Math.min(maxLength, 2000), maxLength: Math.min(maxLength, 2000) }),
  );
  if (pattern === undefined) return plain;
  const expression = new RegExp(pattern, 'u');
  const fits = (text: string): boolean =>
    expression.test(text) && [...text].length >= minLength && [...text].length <= maxLength;
  try {
    return fc.stringMatching(expression).filter(fits);
  } catch {
    // Classes of Unicode are beyond fast-check; names of places and of categories are what stands in such fields.
    return fc
      .oneof(
        fc.string({
          unit: fc.constantFrom(...'aZ9é東 -'),
          minLength: Math.max(1, minLength),
          maxLength: Math.min(maxLength, minLength + 30),
        }),
        plain,
      )
      .filter(fits);
  }
}

function timeOf(): Arbitrary<string> {
  const near = fc.integer({ min: -2 * DAY_MS, max: 70 * DAY_MS }).map((ms) => new Date(Date.now() + ms).toISOString());
  const forms = fc.constantFrom(
    '2026-02-14T15:12:04Z',
    '2026-02-14t15:12:04z',
    '2026-02-14T15:12:04.123456789Z',
    '2026-02-14T15:12:04+00:00',
    '2026-02-14T15:12:04-00:00',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2024-02-29T00:00:00Z',
  );
  return fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: forms });
}

/** One change that may spoil a value: somewhere in it, something else. */
export interface Spoil {
  /** Where: at each level the part of the way through the keys, in thousandths. */
  readonly path: readonly number[];
  readonly kind: 'replace' | 'remove' | 'add';
  readonly name: string;
  readonly value: unknown;
}

export const spoil: Arbitrary<Spoil> = fc.record({
  path: fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 3 }),
  kind: fc.constantFrom('replace', 'replace', 'remove', 'add'),
  name: fc.oneof(
    fc.constantFrom(PROTO, 'constructor', 'prototype', 'job_id', 'extra', 'toString'),
    fc.constantFrom(...NASTY_TEXTS),
  ),
  value: anything,
});

/** A value with one change; itself is left as it is. */
export function spoiled(value: unknown, { path, kind, name, value: other }: Spoil): unknown {
  const copy: unknown = structuredClone(value);
  let parent = copy;
  for (const [depth, part] of path.entries()) {
    if (typeof parent !== 'object' || parent === null) return other;
    const keys = Object.keys(parent);
    const key = keys[Math.floor((part / 1000) * keys.length)];
    const holder = parent as Record<string, unknown>;
    const isLast = depth === path.length - 1;
    if (key === undefined || (isLast && kind === 'add')) {
      if (Array.isArray(parent)) parent.push(other);
      else holder[name] = other;
      return copy;
    }
    const child = holder[key];
    if (isLast || typeof child !== 'object' || child === null) {
      if (kind === 'remove') delete holder[key];
      else holder[key] = other;
      return copy;
    }
    parent = child;
  }
  return copy;
}

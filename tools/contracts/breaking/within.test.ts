import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import { root } from '../sources.ts';
import { everywhere } from './changes/change.ts';
import { Scope, type View } from './clauses.ts';
import type { Contracts, NamedType, Schema } from './contracts.ts';
import { instancesOf } from './instances.ts';
import { isMember } from './member.ts';
import { readContracts } from './read.ts';
import { type Reader, readAs } from './validators.ts';
import { Comparison } from './within.ts';

const SEED = 20260214;
/** For a machine that does much else. */
const TIMEOUT = 90_000;
const NO_TYPES: Readonly<Record<string, NamedType>> = {};
const READERS: readonly (readonly [View, Reader])[] = [
  ['exact', 'strict'],
  ['reader', 'client'],
  ['reader', 'tolerant'],
];

function faultsOf(writer: Schema, reader: Schema, view: View = 'exact') {
  return new Comparison(new Scope(NO_TYPES, 'writer'), new Scope(NO_TYPES, view)).faults(writer, reader);
}

const bounded = (low: string, high: string, least: number, most: number): Arbitrary<JsonObject> =>
  fc
    .tuple(fc.option(fc.integer({ min: least, max: most })), fc.option(fc.integer({ min: least, max: most })))
    .map(([a, b]) => {
      const [first, second] = a !== null && b !== null && a > b ? [b, a] : [a, b];
      return { ...(first === null ? {} : { [low]: first }), ...(second === null ? {} : { [high]: second }) };
    });

const merged = (...parts: Arbitrary<JsonObject>[]): Arbitrary<JsonObject> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as JsonObject);
const maybe = (key: string, value: Arbitrary<Json>): Arbitrary<JsonObject> =>
  fc.option(value, { freq: 2 }).map((found): JsonObject => (found === null ? {} : { [key]: found }));

const PATTERNS = ['^[ab]*$', '^a', 'b$', '^(?:ab|ba){1,2}$', '^[a-c]{2,4}$', 'c', '^[^b]*$', '^a?b?c?$'];

/** Schemas of the house's part of JSON Schema, small enough to meet each other often. */
const { schema: schemas } = fc.letrec<{ schema: JsonObject; leaf: JsonObject }>((tie) => ({
  leaf: fc.oneof(
    fc.constant({ type: 'null' }),
    fc.constant({ type: 'boolean' }),
    merged(
      fc.constantFrom({ type: 'integer' }, { type: 'number' }),
      bounded('minimum', 'maximum', -3, 6),
      maybe('multipleOf', fc.constantFrom(2, 3)),
    ),
    merged(fc.constant({ type: 'integer' }), bounded('exclusiveMinimum', 'exclusiveMaximum', -3, 6)),
    merged(
      fc.constant({ type: 'string' }),
      bounded('minLength', 'maxLength', 0, 4),
      maybe('pattern', fc.constantFrom(...PATTERNS)),
    ),
    fc
      .uniqueArray(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1 })
      .map((members) => ({ type: 'string', enum: members })),
    fc.constantFrom<JsonObject>(
      { const: 1 },
      { const: 'a' },
      { enum: [1, 'a', null] },
      { type: ['string', 'null'], maxLength: 2 },
    ),
  ),
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'schema' },
    tie('leaf'),
    merged(
      fc.constant({ type: 'array' }),
      bounded('minItems', 'maxItems', 0, 3),
      maybe('uniqueItems', fc.boolean()),
      tie('leaf').map((items) => ({ items })),
    ),
    fc
      .tuple(
        fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('schema'), { minKeys: 1, maxKeys: 3 }),
        fc.subarray(['x', 'y', 'z']),
        fc.constantFrom<JsonObject>(
          {},
          { additionalProperties: false },
          { additionalProperties: false },
          { additionalProperties: { type: 'integer' } },
        ),
        bounded('minProperties', 'maxProperties', 0, 3),
      )
      .map(([properties, required, additional, sizes]) => ({
        type: 'object',
        properties,
        required: required.filter((name) => properties[name] !== undefined),
        ...additional,
        // What a tolerant reader counts is its own affair; the house has no such schema.
        ...('additionalProperties' in additional && additional['additionalProperties'] === false ? {} : sizes),
      })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.tuple(tie('leaf'), tie('leaf')).map((allOf) => ({ allOf })),
  ),
}));

/** A schema and the same with one of its keywords changed or left out. */
const pairs: Arbitrary<[JsonObject, JsonObject]> = fc.oneof(
  fc.tuple(schemas, schemas),
  fc.tuple(schemas, fc.nat(1000), fc.constantFrom(-1, 1, 0)).map(([schema, index, by]): [JsonObject, JsonObject] => {
    const copy = structuredClone(schema);
    const places: [JsonObject, string][] = [];
    everywhere(copy, (object) => {
      for (const key of Object.keys(object)) if (CHANGEABLE.has(key)) places.push([object, key]);
    });
    const [object, key] = places[index % Math.max(1, places.length)] ?? [copy, 'type'];
    const value = object[key];
    if (by !== 0 && typeof value === 'number')
      object[key] = /(?:Length|Items|Properties)$/.test(key) ? Math.max(0, value + by) : value + by;
    else if (by !== 0 && Array.isArray(value) && value.length > 1)
      object[key] = value.slice(by > 0 ? 1 : 0, by > 0 ? undefined : -1);
    else delete object[key];
    return index % 2 === 0 ? [schema, copy] : [copy, schema];
  }),
);

const CHANGEABLE = new Set(
  `minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems
   required additionalProperties enum anyOf allOf type`.split(/\s+/),
);

function hasInstances(schema: Schema, scope: Scope): Arbitrary<Json> | undefined {
  try {
    return instancesOf(schema, scope);
  } catch {
    // Nothing satisfies it, or a part of it.
    return undefined;
  }
}

function sampled(arbitrary: Arbitrary<Json>, count: number): Json[] {
  try {
    return fc.sample(arbitrary, { numRuns: count, seed: SEED });
  } catch {
    return [];
  }
}

describe('sets of instances', () => {
  const tally = { within: 0, replayed: 0, shown: 0, undecided: 0 };

  it(
    'what is within is taken whole, what is not has an instance that shows it: any schema beside any other',
    () => {
      fc.assert(
        fc.property(pairs, fc.constantFrom(...READERS), ([writer, reader], [view, as]) => {
          // A tolerant validator drops fields in the branch that it tries first; the house picks the branch before it looks.
          fc.pre(as !== 'tolerant' || !JSON.stringify([writer, reader]).includes('anyOf'));
          const scope = new Scope(NO_TYPES, 'writer');
          const faults = faultsOf(writer, reader, view);
          if (faults.length === 0) {
            const arbitrary = hasInstances(writer, scope);
            for (const instance of arbitrary === undefined ? [] : sampled(arbitrary, 8)) {
              if (!readAs(NO_TYPES, 'strict', writer, instance).taken) continue;
              tally.replayed += 1;
              expect(readAs(NO_TYPES, as, reader, instance), JSON.stringify(instance)).toMatchObject({ taken: true });
            }
            tally.within += 1;
            return;
          }
          const shown = faults.some((fault) => {
            const witness = fault.witness();
            return (
              witness !== undefined &&
              readAs(NO_TYPES, 'strict', writer, witness).taken &&
              !readAs(NO_TYPES, as, reader, witness).taken
            );
          });
          tally[shown ? 'shown' : 'undecided'] += 1;
        }),
        { numRuns: 1500, seed: SEED },
      );
      expect(tally.within).toBeGreaterThan(300);
      expect(tally.replayed).toBeGreaterThan(2000);
      // It may say that it cannot tell, but not often.
      expect(tally.undecided / (tally.within + tally.shown + tally.undecided)).toBeLessThan(0.1);
    },
    TIMEOUT,
  );

  it('a schema is within itself, however it is written', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const same = { anyOf: [{ allOf: [schema, {}] }] };
        expect(faultsOf(schema, same).map(({ text }) => text)).toEqual([]);
        expect(faultsOf(same, schema).map(({ text }) => text)).toEqual([]);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it('a oneOf whose branches overlap takes less than its branches: what nobody can decide is no pass', () => {
    const overlapping: Schema = {
      oneOf: [
        { type: 'integer', minimum: 0 },
        { type: 'integer', maximum: 10 },
      ],
    };
    const apart: Schema = {
      oneOf: [
        { type: 'integer', minimum: 11 },
        { type: 'integer', maximum: 10 },
      ],
    };
    expect(faultsOf({ type: 'integer' }, overlapping)).toMatchObject([
      { keyword: 'oneOf', text: expect.stringContaining('cannot be told') },
    ]);
    expect(faultsOf({ type: 'integer' }, apart)).toEqual([]);
  });

  it('what it holds to be an instance is what the validators hold to be one', () => {
    const values = fc.oneof(
      fc.constantFrom<Json>(null, true, 0, 1, 2.5, 'a', 'ab', [], ['a', 'a'], [1, 2]),
      fc.dictionary(fc.constantFrom('x', 'y', 'other'), fc.constantFrom<Json>(1, 'a', null)),
    );
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        const scope = new Scope(NO_TYPES, 'exact');
        expect(isMember(value as Json, schema, scope)).toBe(readAs(NO_TYPES, 'strict', schema, value as Json).taken);
      }),
      { numRuns: 3000, seed: SEED },
    );
  });
});

describe('the contracts', () => {
  const contracts: Contracts = readContracts(root, root);
  const inlined = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(inlined);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...rest } = value;
    const target = typeof $ref === 'string' ? inlined(contracts.types[$ref.slice(4)]?.schema ?? {}) : {};
    return {
      ...(target as JsonObject),
      ...(Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, inlined(item)])) as JsonObject),
    };
  };

  it('every type is within itself with all its references written out, both ways', () => {
    const [written, plain] = [new Scope(contracts.types, 'writer'), new Scope(contracts.types, 'exact')];
    for (const [name, { schema }] of Object.entries(contracts.types)) {
      const whole = { allOf: [inlined(schema) as Schema] };
      const reference = { $ref: `dtq:${name}` };
      expect(new Comparison(written, plain).faults(reference, whole).map(({ text }) => `${name}: ${text}`)).toEqual([]);
      expect(new Comparison(written, plain).faults(whole, reference).map(({ text }) => `${name}: ${text}`)).toEqual([]);
    }
  });
});

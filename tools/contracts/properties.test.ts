import { readdirSync } from 'node:fs';
import path from 'node:path';
import { envelopeOf, headersOf } from '@dtq/core/envelope.ts';
import { decodeJobMessage, encodeJobMessage } from '@dtq/core/job-message.ts';
import { parseJson } from '@dtq/core/json.ts';
import { violations } from '@dtq/core/violations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobMessage, JobStatus } from '@dtq/generated/schemas/types.ts';
import { decodeJobStatus, encodeJobStatus } from '@dtq/generated/storage/job-status.ts';
import type { Validator } from '@dtq/generated/validators/validator.ts';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { Json } from '../codegen/specs.ts';
import { Scope } from './breaking/clauses.ts';
import { instancesOf } from './breaking/instances.ts';
import { isMember } from './breaking/member.ts';
import { type Mutant, mutantsOf } from './breaking/mutants.ts';
import { readContracts } from './breaking/read.ts';
import { root } from './sources.ts';

// Instances made from each schema, and put through what codegen made of it.

type Validators = Readonly<Record<string, Validator<unknown>>>;

const RUNS = { numRuns: 40, seed: 20260214 };
const MOST_MUTANTS = 12;

const contracts = readContracts(root, root);
const scope = new Scope(contracts.types, 'writer');
const plain = new Scope(contracts.types, 'exact');
const reader = new Scope(contracts.types, 'reader');
const strict = await load('strict');
const tolerant = await load('tolerant');
const names = Object.keys(contracts.types).filter((name) => strict[name] !== undefined);

async function load(strictness: 'strict' | 'tolerant'): Promise<Validators> {
  const folder = path.join(root, 'generated/validators', strictness);
  const modules = await Promise.all(
    readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => import(path.join(folder, name)) as Promise<Validators>),
  );
  return Object.assign({}, ...modules);
}

const reference = (name: string): { $ref: string } => ({ $ref: `dtq:${name}` });
const instances = (name: string): fc.Arbitrary<Json> => instancesOf(reference(name), scope);

function expectTaken(validate: Validator<unknown>, value: unknown): void {
  if (!validate(value)) expect.unreachable(`${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`);
}

describe.each(names)('%s', (name) => {
  it('what it describes passes the strict validator, and the tolerant one as it is', () => {
    fc.assert(
      fc.property(instances(name), (instance) => {
        const read = structuredClone(instance);
        expectTaken(strict[name] as Validator<unknown>, read);
        if (tolerant[name] !== undefined) expectTaken(tolerant[name], read);
        expect(read).toEqual(instance);
      }),
      RUNS,
    );
  });

  it('with one thing broken it is refused there', () => {
    const mutants = instances(name).chain((instance): fc.Arbitrary<Mutant[]> => {
      const all = mutantsOf(instance, reference(name), plain);
      return fc.shuffledSubarray(all, { maxLength: Math.min(MOST_MUTANTS, all.length) });
    });
    fc.assert(
      fc.property(mutants, (all) => {
        for (const mutant of all) expectRefused(name, mutant);
      }),
      { ...RUNS, numRuns: 15 },
    );
  });
});

function expectRefused(name: string, { pointer, keyword, value }: Mutant): void {
  const validate = strict[name] as Validator<unknown>;
  const shown = `${keyword} at ${pointer} of ${JSON.stringify(value).slice(0, 500)}`;
  expect(validate(structuredClone(value)), shown).toBe(false);
  const found = violations(validate.errors, value).map((each) => each.pointer);
  // Of a field that tells branches apart ajv names the object, and the field beside it.
  for (const error of validate.errors ?? [])
    if (error.keyword === 'discriminator') found.push(`${error.instancePath}/${String(error.params['tag'])}`);
  expect(found, shown).toContain(pointer);
  if (tolerant[name] === undefined) return;
  const read = structuredClone(value);
  const taken = tolerant[name](read);
  // What could not be read is `{}` alone; beside a payload it is what is left of one when its unknown fields are dropped.
  const isDropped = keyword === 'additionalProperties' && name !== 'UnreadableInput';
  expect(taken, shown).toBe(isDropped || isMember(value, reference(name), reader));
  if (keyword === 'additionalProperties' && taken) expectTaken(validate, read);
}

describe('codecs give back what they were given', () => {
  it('JSON, as it travels and as a file keeps it', () => {
    for (const name of names) {
      fc.assert(
        fc.property(instances(name), (instance) => {
          expect(parseJson(new TextEncoder().encode(JSON.stringify(instance)))).toEqual(instance);
        }),
        { ...RUNS, numRuns: 10 },
      );
    }
  });

  it('a status as a Redis hash', () => {
    fc.assert(
      fc.property(instances('JobStatus'), (instance) => {
        const hash = encodeJobStatus(instance as unknown as JobStatus);
        expect(Object.values(hash).every((text) => typeof text === 'string')).toBe(true);
        const decoded = decodeJobStatus(hash);
        expectTaken(tolerant['JobStatus'] as Validator<unknown>, decoded);
        expect(decoded).toEqual(instance);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it.each(JOB_TYPE_VALUES)('a message of %s on its topic', (jobType) => {
    const name = contracts.types['JobMessage']?.variants?.[jobType] ?? '';
    fc.assert(
      fc.property(instances(name), (instance) => {
        const job = instance as unknown as JobMessage;
        // An id is one id in any letters; what is read has small ones.
        expect(decodeJobMessage(jobType, encodeJobMessage(job))).toEqual({
          ok: true,
          job: { ...job, job_id: job.job_id.toLowerCase() },
        });
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  it('what goes along with a message, in its headers', () => {
    const strings = (name: string): fc.Arbitrary<string> => instances(name) as fc.Arbitrary<string>;
    const envelopes = fc.record({
      priority: fc.constantFrom('high', 'normal', 'low'),
      attempt: fc.integer({ min: 1, max: 999_999 }),
      waited_ms: fc.integer({ min: 0, max: 2_592_000_000 }),
      expires_at: fc.option(strings('Timestamp'), { nil: undefined }),
      replay_of: fc.option(strings('ReplaySource'), { nil: undefined }),
      traceparent: fc.option(fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/), { nil: undefined }),
    });
    fc.assert(
      fc.property(envelopes, (envelope) => {
        const headers = headersOf(envelope);
        expectTaken(strict['JobMessageHeaders'] as Validator<unknown>, headers);
        expect(envelopeOf(headers, envelope.priority)).toEqual(envelope);
      }),
      { ...RUNS, numRuns: 200 },
    );
  });

  it.each(Object.values(contracts.mongodb))('a document of $collection as BSON', ({ schema }) => {
    const arbitrary = instancesOf(schema, scope);
    fc.assert(
      fc.property(arbitrary, (instance) => {
        const document = BSON.deserialize(BSON.serialize(instance as BSON.Document));
        expect(document).toEqual(instance);
      }),
      { ...RUNS, numRuns: 100 },
    );
  });
});

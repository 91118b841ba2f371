import { canonical } from '@dtq/core/submit-id.ts';
import type { Field, JobPage } from '@dtq/generated/jobs/form.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { between, pick, type Random } from './random.ts';

// What a job answers is made of the examples of its type: the output of the example that was asked for, where it was, else
// that of another one, with its numbers moved within their bounds and with what the payload names put in. It need not make
// sense; it must fit the schema, and where it does not, the example stands as it is.

type AnyExample = JobPage<JobType>['examples'][number];

interface Source {
  readonly fields: readonly Field[];
  readonly examples: readonly [AnyExample, ...AnyExample[]];
}

/** How far a number moves, as a part of itself. */
const SPREAD = 0.2;

const SOURCES = Object.fromEntries(
  await Promise.all(
    JOB_TYPE_VALUES.map(async (jobType) => {
      const { output, examples } = await JOB_PAGES[jobType]();
      if (examples.length === 0) throw new Error(`specs/jobs/${jobType}.yaml has no example to make outputs of`);
      return [jobType, { fields: output, examples }];
    }),
  ),
) as unknown as { readonly [T in JobType]: Source };

/** The payloads that the contract gives as examples. */
export function examplePayloads(jobType: JobType): readonly object[] {
  return SOURCES[jobType].examples.map(({ payload }) => payload);
}

/** What a job of a type with that payload answers; it fits the type's schema. */
export function outputOf(jobType: JobType, payload: object, random: Random): object {
  const { fields, examples } = SOURCES[jobType];
  const asked = examples.find((example) => canonical(example.payload) === canonical(payload));
  if (asked !== undefined) return asked.output;
  const example = pick(random, examples).output as Readonly<Record<string, unknown>>;
  const varied = Object.fromEntries(
    Object.entries(example).map(([name, value]) => {
      const field = fields.find((one) => one.name === name);
      return [name, field === undefined ? value : variation(field, value, payload, random)];
    }),
  );
  return strict.Output[jobType](varied) ? varied : example;
}

function variation(field: Field, value: unknown, payload: object, random: Random): unknown {
  const given = (payload as Readonly<Record<string, unknown>>)[field.name];
  if (given !== undefined && typeof given === typeof value) return given;
  if (field.choices !== null) return pick(random, field.choices);
  if (typeof value !== 'number') return value;
  const moved = value * between(random, 1 - SPREAD, 1 + SPREAD);
  const bounded = Math.min(field.maximum ?? moved, Math.max(field.minimum ?? moved, moved));
  // As many digits as the example has.
  const digits = field.type === 'integer' ? 0 : (String(value).split('.')[1]?.length ?? 0);
  return Number(bounded.toFixed(digits));
}

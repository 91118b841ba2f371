import path from 'node:path';
import { checkName } from './names.ts';
import { escapePointer, type Source } from './source.ts';
import { SpecError } from './spec-error.ts';
import type { ErrorCode, JobSpec, Json, JsonObject, Problem, Specs } from './specs.ts';

/** One named type. Its references to other types are all of the form {"$ref": "dtq:NAME"}. */
export interface TypeDef {
  readonly name: string;
  readonly schema: JsonObject;
  readonly source: Source;
  /** Where in the source the schema stands. */
  readonly pointer: string;
  /** The job type that the type belongs to, or undefined for a common one. */
  readonly jobType: string | undefined;
  /** For a type that stands for one type of each job type: job type -> name of that type. */
  readonly variants: Readonly<Record<string, string>> | undefined;
}

export type SchemaSet = ReadonlyMap<string, TypeDef>;

export const REF_PREFIX = 'dtq:';

/** Makes every named type from the specs: shared ones, those of each job, and templates expanded for each job type. */
export function buildSchemaSet(specs: Specs): SchemaSet {
  const set = new Map<string, TypeDef>();
  const add = (type: TypeDef): void => {
    const twin = [...set.values()].find((other) => other.name.toLowerCase() === type.name.toLowerCase());
    if (twin !== undefined) {
      const there = twin.source.locate(twin.pointer);
      throw new SpecError(
        type.source.locate(type.pointer),
        `two types with one name: ${type.name} is also made at ${there.file}:${there.line}`,
      );
    }
    set.set(type.name, type);
  };
  const common = { jobType: undefined, variants: undefined };
  for (const source of specs.schemas) {
    const name = path.basename(source.file, '.json');
    checkName('type name', name, source, '');
    const { $schema: _, ...schema } = source.data as JsonObject;
    if (schema['title'] !== name)
      throw new SpecError(source.locate('/title'), `the title must be the file's name, ${name}`);
    if (schema['x-dtq-for-each-job-type'] === true) {
      const variants: Record<string, string> = {};
      for (const job of specs.jobs) {
        variants[job.jobType] = `${job.pascal}${name}`;
        const { 'x-dtq-for-each-job-type': __, ...body } = fillTemplate(schema, job) as JsonObject;
        add({
          ...common,
          name: `${job.pascal}${name}`,
          schema: { ...body, title: `${job.pascal}${name}` },
          source,
          pointer: '',
          jobType: job.jobType,
        });
      }
      add({ ...common, name, schema: unionSchema(name, schema, variants), source, pointer: '', variants });
    } else {
      add({ ...common, name, schema: fillEnum(schema, specs, source), source, pointer: '' });
    }
  }
  for (const job of specs.jobs) {
    for (const part of ['payload', 'output'] as const) {
      const name = `${job.pascal}${part === 'payload' ? 'Payload' : 'Output'}`;
      const examples = job.examples.map((example) => example[part]);
      add({
        ...common,
        name,
        schema: { title: name, ...job[part], examples },
        source: job.source,
        pointer: `/${part}`,
        jobType: job.jobType,
      });
    }
  }
  for (const type of set.values()) resolveReferences(type.schema, type, '', set);
  return set;
}

/** Replaces {job_type}, {JobType} and {title} in every string and key of a template. */
export function fillTemplate(value: Json, job: JobSpec): Json {
  if (typeof value === 'string') {
    return value
      .replaceAll('{job_type}', job.jobType)
      .replaceAll('{JobType}', job.pascal)
      .replaceAll('{title}', job.title.toLowerCase());
  }
  if (Array.isArray(value)) return value.map((item) => fillTemplate(item, job));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fillTemplate(key, job) as string, fillTemplate(item, job)]),
  );
}

function unionSchema(name: string, template: JsonObject, variants: Record<string, string>): JsonObject {
  return {
    title: name,
    description: String(template['description'] ?? '').replaceAll('{title} ', ''),
    oneOf: Object.values(variants).map((variant) => ({ $ref: `${variant}.json` })),
    'x-dtq-union': 'job_type',
  };
}

function fillEnum(schema: JsonObject, specs: Specs, source: Source): JsonObject {
  const { 'x-dtq-enum': list, 'x-dtq-enum-also': also, ...rest } = schema;
  if (list === undefined) return schema;
  const lists = enumLists(specs);
  const members = lists[String(list)];
  if (members === undefined) {
    throw new SpecError(
      source.locate('/x-dtq-enum'),
      `unknown list ${JSON.stringify(list)}; known: ${Object.keys(lists).join(', ')}`,
    );
  }
  return { ...rest, enum: [...members, ...((also as string[] | undefined) ?? [])] };
}

/** The closed lists that a schema may take as its enum. */
export function enumLists(specs: Specs): Record<string, string[]> {
  const states = (specs.lifecycle.data as { states: Record<string, { final: boolean }> }).states;
  return {
    job_types: specs.jobs.map((job) => job.jobType),
    states: Object.keys(states),
    final_states: Object.keys(states).filter((state) => states[state]?.final === true),
    problems: Object.keys(problems(specs)),
    job_errors: Object.keys(jobErrors(specs)),
  };
}

/** The problems of the API, by code. */
export function problems(specs: Specs): Record<string, Problem> {
  const found = (specs.errors.data as { problems: Record<string, Problem> }).problems;
  for (const code of Object.keys(found)) checkName('code', code, specs.errors, `/problems/${escapePointer(code)}`);
  return found;
}

/** The errors that a job can end in, by code: the common ones and then those of each job type. */
export function jobErrors(specs: Specs): Record<string, ErrorCode & { jobType?: string }> {
  const all: Record<string, ErrorCode & { jobType?: string }> = {};
  const take = (errors: Record<string, ErrorCode>, source: Source, pointer: string, jobType?: string): void => {
    for (const [code, error] of Object.entries(errors)) {
      const at = `${pointer}/${escapePointer(code)}`;
      checkName('code', code, source, at);
      const twin = all[code];
      if (twin !== undefined) {
        throw new SpecError(
          source.locate(at),
          `the code ${code} is also given in ${twin.jobType === undefined ? 'specs/errors.yaml' : `specs/jobs/${twin.jobType}.yaml`}`,
        );
      }
      all[code] = jobType === undefined ? error : { ...error, jobType };
    }
  };
  take((specs.errors.data as { job_errors: Record<string, ErrorCode> }).job_errors, specs.errors, '/job_errors');
  for (const job of specs.jobs) take(job.errors, job.source, '/errors', job.jobType);
  return all;
}

function resolveReferences(value: Json, type: TypeDef, at: string, set: ReadonlyMap<string, TypeDef>): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      resolveReferences(item, type, `${at}/${index}`, set);
    });
  } else if (typeof value === 'object' && value !== null) {
    const { $ref } = value;
    if (typeof $ref === 'string')
      value['$ref'] = `${REF_PREFIX}${referenced($ref, type.source, `${type.pointer}${at}/$ref`, set)}`;
    for (const [key, item] of Object.entries(value)) {
      if (!['examples', 'const', 'enum', 'default'].includes(key))
        resolveReferences(item, type, `${at}/${escapePointer(key)}`, set);
    }
  }
}

/** The name of the type that a file reference names. Throws SpecError where there is none. */
export function referenced(ref: string, source: Source, pointer: string, set: ReadonlyMap<string, TypeDef>): string {
  const target = path.posix.join(path.posix.dirname(source.file), ref);
  const match = /^specs\/(?:schemas|jobs)\/([A-Za-z0-9]+)\.json$/.exec(target);
  const name = match?.[1];
  if (name === undefined || !set.has(name)) {
    const near = name === undefined ? [] : [...set.keys()].filter((other) => similar(name, other));
    const hint = near.length > 0 ? `; is it ${near.map((other) => `${other}.json`).join(' or ')}?` : '';
    throw new SpecError(
      source.locate(pointer),
      `unresolved $ref ${JSON.stringify(ref)}: there is no such type in specs/schemas or made from specs/jobs${hint}`,
    );
  }
  return name;
}

/** Whether two names are alike but for case, or one begins as the other does for most of its length. */
function similar(wanted: string, other: string): boolean {
  const [a, b] = [wanted.toLowerCase(), other.toLowerCase()];
  const shared = [...a].findIndex((letter, index) => letter !== b[index]);
  return a === b || shared >= Math.max(3, Math.min(a.length, b.length) - 3);
}

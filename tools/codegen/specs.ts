import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { camelCase, checkName, pascalCase } from './names.ts';
import { readSource, type Source } from './source.ts';
import { SpecError, SpecErrors } from './spec-error.ts';

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export interface ErrorCode {
  title: string;
  cause: string;
  cure: string;
  retryable: boolean;
}

export interface Problem {
  status: number;
  title: string;
  cause: string;
  cure: string;
}

/** A file of specs/jobs, with the forms of its name that templates and code use. */
export interface JobSpec {
  readonly source: Source;
  readonly jobType: string;
  readonly pascal: string;
  readonly camel: string;
  readonly title: string;
  readonly description: string;
  readonly payload: JsonObject;
  readonly output: JsonObject;
  readonly errors: Record<string, ErrorCode>;
  readonly policy: JsonObject;
  readonly ui: JsonObject;
  readonly examples: { name: string; summary: string; payload: JsonObject; output: JsonObject }[];
}

/** Everything that stands in specs/, read, and held to the shape of its kind of file; references are not yet followed. */
export interface Specs {
  readonly openapi: Source;
  readonly asyncapi: Source;
  readonly storage: Source;
  readonly lifecycle: Source;
  readonly errors: Source;
  readonly schemas: readonly Source[];
  readonly jobs: readonly JobSpec[];
}

/** Reads specs/ below a root. Throws SpecError or SpecErrors. */
export function readSpecs(root: string): Specs {
  const read = (file: string, meta?: MetaSchema): Source => {
    const source = readSource(root, file);
    if (meta !== undefined) checkShape(source, meta);
    return source;
  };
  const list = (folder: string, ending: string): string[] =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => `${folder}/${name}`);
  return {
    errors: read('specs/errors.yaml', 'errors'),
    lifecycle: read('specs/lifecycle.yaml', 'lifecycle'),
    jobs: list('specs/jobs', '.yaml')
      .map((file) => jobSpec(read(file, 'job')))
      .sort((a, b) => orderOf(a) - orderOf(b) || (a.jobType < b.jobType ? -1 : 1)),
    schemas: list('specs/schemas', '.json').map((file) => read(file)),
    storage: read('specs/storage.yaml', 'storage'),
    openapi: read('specs/openapi.yaml', 'openapi'),
    asyncapi: read('specs/asyncapi.yaml', 'asyncapi'),
  };
}

/** Where a type stands among the others, on the page and in every list; those that do not say come last, by name. */
function orderOf({ ui }: JobSpec): number {
  return typeof ui['order'] === 'number' ? ui['order'] : Number.MAX_SAFE_INTEGER;
}

function jobSpec(source: Source): JobSpec {
  const data = source.data as Omit<JobSpec, 'source' | 'jobType' | 'pascal' | 'camel'> & { job_type: string };
  const jobType = data.job_type;
  checkName('job type', jobType, source, '/job_type');
  if (source.file !== `specs/jobs/${jobType}.yaml`) {
    throw new SpecError(
      source.locate('/job_type'),
      `the file of job type ${jobType} must be called specs/jobs/${jobType}.yaml`,
    );
  }
  return {
    source,
    jobType,
    pascal: pascalCase(jobType),
    camel: camelCase(jobType),
    title: data.title,
    description: data.description,
    payload: data.payload,
    output: data.output,
    errors: data.errors ?? {},
    policy: data.policy,
    ui: data.ui,
    examples: data.examples,
  };
}

const META_SCHEMAS = ['job', 'errors', 'lifecycle', 'storage', 'openapi', 'asyncapi'] as const;
type MetaSchema = (typeof META_SCHEMAS)[number];

const meta = new Ajv({ allErrors: true, strict: false, verbose: true, discriminator: true });
for (const name of META_SCHEMAS) {
  const file = path.join(import.meta.dirname, 'meta', `${name}.schema.json`);
  meta.addSchema(JSON.parse(readFileSync(file, 'utf8')), `${name}.schema.json`);
}

function checkShape(source: Source, name: MetaSchema): void {
  const validate = meta.getSchema(`${name}.schema.json`);
  if (validate === undefined || validate(source.data)) return;
  const errors = (validate.errors ?? []).filter(
    (error) => !['if', 'anyOf', 'oneOf', 'discriminator'].includes(error.keyword),
  );
  throw new SpecErrors(errors.map((error) => new SpecError(source.locate(faultPointer(error)), faultText(error))));
}

/** The pointer of the thing to mend: of the surplus key itself, not of the object that holds it. */
export function faultPointer(error: ErrorObject): string {
  const surplus = error.params['additionalProperty'] ?? error.params['propertyName'];
  if (typeof surplus !== 'string') return error.instancePath;
  return `${error.instancePath}/${surplus.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** One fault in words, with the value that was wrong. */
export function faultText(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema as { properties?: object })?.properties ?? {});
    const hint = known.length > 0 ? `; known here: ${known.join(', ')}` : '';
    return `unknown keyword ${JSON.stringify(error.params['additionalProperty'])}${hint}`;
  }
  if (error.keyword === 'enum')
    return `must be one of ${error.params['allowedValues'].join(', ')}, not ${shown(error.data)}`;
  if (error.keyword === 'required') return `${error.message}`;
  return `${error.message}, not ${shown(error.data)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

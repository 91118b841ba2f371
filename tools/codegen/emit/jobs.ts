import { isObject } from '../check.ts';
import { rewrite } from '../documents.ts';
import { kebabCase } from '../names.ts';
import type { JobSpec, JsonObject, Specs } from '../specs.ts';
import { banner, docComment, type Files, literal, milliseconds } from './text.ts';

/** What is known of each job type: types by name, policies, and, each in a file of its own, what a page needs. */
export function emitJobs(specs: Specs): Files {
  const files: Files = new Map([['jobs/index.ts', index(specs.jobs)]]);
  for (const job of specs.jobs) files.set(`jobs/${kebabCase(job.jobType)}.ts`, page(job));
  files.set('jobs/form.ts', form());
  return files;
}

function index(jobs: readonly JobSpec[]): string {
  const types = jobs.flatMap((job) => [`${job.pascal}Payload`, `${job.pascal}Output`]);
  const rows = jobs.map(
    (job) =>
      `${docComment(job.description)}\n${job.jobType}: { payload: ${job.pascal}Payload; output: ${job.pascal}Output };`,
  );
  const policies = jobs.map((job) => `${job.jobType}: ${literal(policy(job.policy))},`);
  const titles = jobs.map(
    (job) =>
      `${job.jobType}: ${literal({ title: job.title, description: job.description, summary: job.ui['summary'] })},`,
  );
  const loaders = jobs.map(
    (job) => `${job.jobType}: () => import('./${kebabCase(job.jobType)}.ts').then((module) => module.${job.camel}),`,
  );
  const validators = jobs.map((job) => {
    const module = `import('../validators/strict/${kebabCase(job.jobType)}.js')`;
    return `${job.jobType}: () => ${module}.then((module) => module.${job.pascal}Payload),`;
  });
  return `${banner('specs/jobs')}import type { JobType, ${types.join(', ')} } from '../schemas/types.ts';
import type { Validator } from '../validators/validator.ts';
import type { JobPage } from './form.ts';

/** What goes into and comes out of each type of job. */
export interface Jobs {
${rows.join('\n')}
}

export type Payload<T extends JobType> = Jobs[T]['payload'];
export type Output<T extends JobType> = Jobs[T]['output'];

/** How a worker does a type of job. Times are in milliseconds. */
export interface JobPolicy {
  /** Of one attempt, from start to outcome. */
  readonly timeoutMs: number;
  /** Of one call to the provider. */
  readonly providerTimeoutMs: number;
  /** Calls in one attempt, the first included. */
  readonly providerAttempts: number;
  /** Full jitter between calls: a random wait up to base, doubled each time, never over cap. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  /** At the job in all; after the last one it has failed. */
  readonly attempts: number;
  /** Full jitter between attempts, likewise; what the provider asks for (Retry-After) counts up to the cap. */
  readonly retry: { readonly baseMs: number; readonly capMs: number };
  /** Jobs of the type that one worker does at once. */
  readonly concurrency: number;
}

export const JOB_POLICIES: { readonly [T in JobType]: JobPolicy } = {
${policies.join('\n')}
};

/** What a type is called, what it does, and the line that tells its jobs apart: {field} is a field of the payload. */
export const JOB_TITLES: { readonly [T in JobType]: { readonly title: string; readonly description: string; readonly summary: string } } = {
${titles.join('\n')}
};

/** Loads what a page needs for a type of job, when it is needed. */
export const JOB_PAGES: { readonly [T in JobType]: () => Promise<JobPage<T>> } = {
${loaders.join('\n')}
};

/** Loads the strict validator of a type's payload, the same that the API uses, when it is needed. */
export const JOB_PAYLOAD_VALIDATORS: { readonly [T in JobType]: () => Promise<Validator<Payload<T>>> } = {
${validators.join('\n')}
};
`;
}

function policy(spec: JsonObject): object {
  const waits = (key: string): object => {
    const { base, cap } = spec[key] as { base: string; cap: string };
    return { baseMs: milliseconds(base), capMs: milliseconds(cap) };
  };
  return {
    timeoutMs: milliseconds(String(spec['timeout'])),
    providerTimeoutMs: milliseconds(String(spec['provider_timeout'])),
    providerAttempts: spec['provider_attempts'],
    backoff: waits('backoff'),
    attempts: spec['attempts'],
    retry: waits('retry'),
    concurrency: spec['concurrency'],
  };
}

function form(): string {
  return `${banner('tools/codegen/emit/jobs.ts')}import type { Output, Payload } from './index.ts';
import type { JobType } from '../schemas/types.ts';

/** One field of a payload or an output, for a form or a view. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly required: boolean;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  readonly widget: string | null;
  readonly placeholder: string | null;
  readonly unit: string | null;
  readonly help: string | null;
  /** The values that a choice has. */
  readonly choices: readonly string[] | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly pattern: string | null;
}

export interface JobExample<T extends JobType> {
  readonly name: string;
  readonly summary: string;
  readonly payload: Payload<T>;
  readonly output: Output<T>;
}

/** What a page needs to show a type of job. */
export interface JobPage<T extends JobType> {
  readonly jobType: T;
  readonly title: string;
  readonly description: string;
  /** The words on the button that submits. */
  readonly submit: string;
  /** A line that tells jobs apart; {field} is a field of the payload. */
  readonly summary: string;
  readonly payload: readonly Field[];
  readonly output: readonly Field[];
  readonly examples: readonly JobExample<T>[];
}
`;
}

function page(job: JobSpec): string {
  const content = {
    jobType: job.jobType,
    title: job.title,
    description: job.description,
    submit: job.ui['submit'],
    summary: job.ui['summary'],
    payload: fields(job.payload),
    output: fields(job.output),
    examples: job.examples,
  };
  return `${banner(job.source.file)}import type { JobPage } from './form.ts';\n\nexport const ${job.camel}: JobPage<${literal(job.jobType)}> = ${literal(content)};\n`;
}

function fields(schema: JsonObject): object[] {
  const required = (schema['required'] as string[] | undefined) ?? [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).map(([name, property]) => {
    const ui = (property as JsonObject)['x-dtq-ui'];
    const hint = (key: string): unknown => (isObject(ui) ? (ui[key] ?? null) : null);
    const keyword = (key: string): unknown => rewrite(property as JsonObject, (ref) => ref)[key] ?? null;
    return {
      name,
      label: hint('label') ?? name,
      description: keyword('description') ?? '',
      required: required.includes(name),
      type: keyword('type') ?? 'string',
      widget: hint('widget'),
      placeholder: hint('placeholder'),
      unit: hint('unit'),
      help: hint('help'),
      choices: keyword('enum'),
      minimum: keyword('minimum'),
      maximum: keyword('maximum'),
      minLength: keyword('minLength'),
      maxLength: keyword('maxLength'),
      pattern: keyword('pattern'),
    };
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readApiProcessConfig } from '@dtq/api/process-config.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import asyncapi from '@dtq/generated/documents/asyncapi.json' with { type: 'json' };
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import storage from '@dtq/generated/documents/storage.json' with { type: 'json' };
import { JOB_ERRORS, type JobErrorDefinition, PROBLEMS, type ProblemDefinition } from '@dtq/generated/errors.ts';
import type { Field } from '@dtq/generated/jobs/form.ts';
import { JOB_PAGES, JOB_POLICIES, type JobPolicy } from '@dtq/generated/jobs/index.ts';
import { FINAL_STATES, MILESTONES, STATES, TRANSITIONS } from '@dtq/generated/lifecycle.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { readWorkerProcessConfig } from '@dtq/worker/process-config.ts';
import { schemasOfFile } from './schemas.ts';

export type JsonObject = { readonly [name: string]: unknown };

/** A JSON Schema, with what the site reads of it. */
export interface Schema extends JsonObject {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

export interface Reference {
  readonly $ref?: string;
}

export interface Parameter extends Reference {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export interface Header extends Reference {
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Answer extends Reference {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly description?: string; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
  /** The ways to be let in, each the schemes that it takes with what they must allow; an empty one asks for nothing. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface OpenApi extends JsonObject {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
  };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Channel {
  readonly address: string | null;
  readonly title: string;
  readonly description: string;
  readonly messages: Readonly<Record<string, Reference>>;
  readonly bindings?: {
    readonly kafka?: { readonly partitions: number; readonly topicConfiguration: JsonObject };
    readonly amqp?: { readonly queue: JsonObject };
  };
  readonly 'x-dtq-job-type'?: string;
}

export interface Message {
  readonly title: string;
  readonly summary?: string;
  readonly contentType: string;
  readonly headers?: Schema;
  readonly payload?: Schema;
  readonly correlationId?: { readonly description: string; readonly location: string };
}

export interface MessageOperation {
  readonly action: string;
  readonly title: string;
  readonly summary: string;
  readonly channel: Reference;
  readonly reply?: { readonly channel: Reference };
}

export interface AsyncApi {
  readonly info: { readonly version: string; readonly description: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, MessageOperation>>;
  readonly messages: Readonly<Record<string, Message>>;
}

export interface RedisKey {
  readonly kind: string;
  readonly description: string;
  readonly key: string;
  readonly notify?: string;
  readonly ttl?: string;
  readonly schema?: Schema;
  readonly encoding?: Readonly<Record<string, string>>;
}

export interface Collection {
  readonly description: string;
  readonly collection: string;
  readonly schema: Schema;
  readonly id?: string;
  readonly indexes: readonly {
    readonly name: string;
    readonly keys: Readonly<Record<string, number>>;
    readonly unique: boolean;
  }[];
}

export interface JobDefinition {
  readonly title: string;
  readonly description: string;
  readonly payload: readonly Field[];
  readonly output: readonly Field[];
  readonly policy: JobPolicy;
  readonly examples: readonly {
    readonly name: string;
    readonly summary: string;
    readonly payload: unknown;
    readonly output: unknown;
  }[];
}

export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** Everything that the site tells, as data; a test puts others in their place. */
export interface Contracts {
  readonly openapi: OpenApi;
  readonly asyncapi: AsyncApi;
  readonly redis: Readonly<Record<string, RedisKey>>;
  readonly mongodb: Readonly<Record<string, Collection>>;
  /** Of all documents together, by name. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly problems: Readonly<Record<string, ProblemDefinition>>;
  readonly jobErrors: Readonly<Record<string, JobErrorDefinition>>;
  readonly lifecycle: {
    readonly states: typeof STATES;
    readonly transitions: typeof TRANSITIONS;
    readonly milestones: typeof MILESTONES;
  };
  readonly jobs: Readonly<Record<string, JobDefinition>>;
  /** The variables that an API and a worker on the real servers read, with their defaults. */
  readonly settings: readonly Setting[];
  /** The Markdown of specs/CHANGELOG.md. */
  readonly changelog: string;
}

/** The contracts as they stand in this checkout, in `root`. */
export async function loadContracts(root: string): Promise<Contracts> {
  const jobs = await Promise.all(
    JOB_TYPE_VALUES.map(async (jobType) => {
      const { title, description, payload, output, examples } = await JOB_PAGES[jobType]();
      return [jobType, { title, description, payload, output, examples, policy: JOB_POLICIES[jobType] }] as const;
    }),
  );
  const { components, ...messaging } = asyncapi;
  return {
    openapi: openapi as unknown as OpenApi,
    asyncapi: { ...messaging, messages: components.messages } as unknown as AsyncApi,
    redis: storage.redis as Readonly<Record<string, RedisKey>>,
    mongodb: storage.mongodb as unknown as Readonly<Record<string, Collection>>,
    schemas: loadSchemas(root, Object.fromEntries(jobs)),
    problems: PROBLEMS,
    jobErrors: JOB_ERRORS,
    lifecycle: { states: STATES, transitions: TRANSITIONS, milestones: MILESTONES },
    jobs: Object.fromEntries(jobs),
    settings: readSettings(),
    changelog: readFileSync(path.join(root, 'specs/CHANGELOG.md'), 'utf8'),
  };
}

function loadSchemas(root: string, jobs: Contracts['jobs']): Readonly<Record<string, Schema>> {
  const folder = path.join(root, 'specs/schemas');
  const pascal = (name: string): string => name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const values = {
    jobTypes: Object.fromEntries(
      Object.entries(jobs).map(([jobType, { title }]) => [jobType, { pascal: pascal(jobType), title }]),
    ),
    enums: {
      job_types: JOB_TYPE_VALUES,
      states: Object.keys(STATES),
      final_states: FINAL_STATES,
      problems: Object.keys(PROBLEMS),
      job_errors: Object.keys(JOB_ERRORS),
    },
  };
  const files = readdirSync(folder).flatMap((file) => {
    const schema = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as JsonObject;
    return schemasOfFile(path.basename(file, '.json'), schema, values);
  });
  // What is published counts before what is made here.
  const all = { ...Object.fromEntries(files), ...asyncapi.components.schemas, ...openapi.components.schemas };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))) as Record<string, Schema>;
}

/** What a start reads from the environment (npm run config:print), with nothing set. */
function readSettings(): readonly Setting[] {
  const reader = new ConfigReader({});
  readApiProcessConfig(reader, (from) => readDistributedConfig(from, 'api'));
  readWorkerProcessConfig(reader, (from) => readDistributedConfig(from, 'worker'));
  return reader.settings().map(({ name, value }) => ({ name, value }));
}

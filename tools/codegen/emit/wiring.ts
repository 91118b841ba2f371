import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RestOperation } from '../documents.ts';
import { kebabCase } from '../names.ts';
import { SpecError } from '../spec-error.ts';
import type { JsonObject, Specs } from '../specs.ts';
import { banner, type Files } from './text.ts';

export interface Implementation {
  /** The name that the file exports. */
  readonly name: string;
  readonly file: string;
  /** What is missing where the file is, and where the specs ask for it. */
  readonly missing: () => SpecError;
}

/** The files that the specs ask for: a route for each operation, a handler for each job type, a responder for each question. */
export interface Implementations {
  readonly routes: readonly Implementation[];
  readonly handlers: readonly (Implementation & { readonly jobType: string })[];
  readonly responders: readonly Implementation[];
}

/** Names every file that implements a part of the specs, whether it exists or not. */
export function implementations(
  specs: Specs,
  operations: readonly RestOperation[],
  asyncapi: JsonObject,
): Implementations {
  const answers = Object.entries(asyncapi['operations'] as JsonObject).filter(
    ([, operation]) => (operation as JsonObject)['x-dtq-handler'] === 'responder',
  );
  return {
    routes: operations.map(({ id, pointer }) => {
      const file = `services/api/routes/${kebabCase(id)}.ts`;
      return {
        name: id,
        file,
        missing: () =>
          new SpecError(
            specs.openapi.locate(`${pointer}/operationId`),
            `the operation ${id} has no route: write ${file}, exporting ${id}`,
          ),
      };
    }),
    handlers: specs.jobs.map((job) => {
      const file = `services/worker/handlers/${kebabCase(job.jobType)}.ts`;
      return {
        name: job.camel,
        jobType: job.jobType,
        file,
        missing: () =>
          new SpecError(
            job.source.locate('/job_type'),
            `the job type ${job.jobType} has no handler: write ${file}, exporting ${job.camel}`,
          ),
      };
    }),
    responders: answers.map(([id]) => {
      const file = `services/worker/responders/${kebabCase(id)}.ts`;
      return {
        name: id,
        file,
        missing: () =>
          new SpecError(
            specs.asyncapi.locate(`/operations/${id}`),
            `the operation ${id} has no responder: write ${file}, exporting ${id}`,
          ),
      };
    }),
  };
}

/** What the specs ask for and nobody has written yet. */
export function missingImplementations(root: string, { routes, handlers, responders }: Implementations): SpecError[] {
  return [...routes, ...handlers, ...responders]
    .filter(({ file }) => !existsSync(path.join(root, file)))
    .map(({ missing }) => missing());
}

/** Tables from names in the specs to their implementations; a missing or a wrong one does not compile. */
export function emitWiring({ routes, handlers, responders }: Implementations): Files {
  const imports = (list: readonly Implementation[]): string =>
    list.map(({ name, file }) => `import { ${name} } from '../../${file}';`).join('\n');
  return new Map([
    [
      'wiring/routes.ts',
      `${banner('specs/openapi.yaml')}import type { Route } from '../../services/api/route.ts';
${imports(routes)}
import type { OperationId } from '../rest/operations.ts';

/** Every operation of the REST contract and its route. */
export const routes = {
${routes.map(({ name }) => `${name},`).join('\n')}
} satisfies { [Op in OperationId]: Route<Op> };
`,
    ],
    [
      'wiring/handlers.ts',
      `${banner('specs/jobs')}import type { JobHandler } from '../../services/worker/handler.ts';
${imports(handlers)}
import type { JobType } from '../schemas/types.ts';

/** Every job type and its handler. */
export const handlers = {
${handlers.map(({ name, jobType }) => `${jobType}: ${name},`).join('\n')}
} satisfies { [T in JobType]: JobHandler<T> };
`,
    ],
    [
      'wiring/responders.ts',
      `${banner('specs/asyncapi.yaml')}import type { Responder } from '../../services/worker/responder.ts';
${imports(responders)}
import type { ResponderId } from '../messaging/channels.ts';

/** Every question that a worker answers, and what answers it. */
export const responders = {
${responders.map(({ name }) => `${name},`).join('\n')}
} satisfies { [Id in ResponderId]: Responder<Id> };
`,
    ],
  ]);
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Documents, deref, type RestOperation } from '../documents.ts';
import { filesBelow } from '../files.ts';
import type { SchemaSet } from '../schema-set.ts';
import type { JsonObject } from '../specs.ts';
import { banner, docComment, type Files, literal } from './text.ts';

/** Where the SDK's hand-written part is type-checked and tested. */
const RUNTIME = path.resolve(import.meta.dirname, '../sdk-runtime');
const BESIDE = /(?:\.test\.ts|^\.\/(?:test\/.*|tsconfig.*\.json))$/;

/** The package of the SDK: what is written by hand, copied as it is, and the tables that the contracts decide. */
export function emitSdk(documents: Documents, operations: readonly RestOperation[], set: SchemaSet): Files {
  const version = String((documents.openapi['info'] as JsonObject)['version']);
  const files: Files = new Map([
    ['sdk/package.json', `${JSON.stringify(manifest(version), null, 2)}\n`],
    ['sdk/tables.ts', tables(version, documents.openapi, operations, set)],
  ]);
  for (const file of filesBelow(RUNTIME, '.')) {
    if (BESIDE.test(file)) continue;
    files.set(`sdk/${file.slice(2)}`, withBanner(file.slice(2), readFileSync(path.join(RUNTIME, file), 'utf8')));
  }
  return files;
}

function withBanner(file: string, text: string): string {
  const source = `tools/codegen/sdk-runtime/${file}`;
  if (file.endsWith('.md')) return `<!-- ${banner(source).trim().slice(3)} -->\n\n${text}`;
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${shebang}${banner(source)}${text.slice(shebang.length)}`;
}

/** As it is used in this project; \`npm run sdk:pack\` makes the published one of it. */
function manifest(version: string): JsonObject {
  return {
    name: '@dtq/sdk',
    version,
    private: true,
    description: 'Submit jobs to dtq, follow them, and read their results.',
    license: 'UNLICENSED',
    type: 'module',
    engines: { node: '>=20' },
    sideEffects: false,
    bin: { dtq: './cli/bin.ts' },
    exports: { '.': './index.ts', './kafka': './kafka.ts', './amqp': './amqp.ts', './cli/*': './cli/*' },
    dependencies: { '@dtq/generated': '*' },
    peerDependencies: { kafkajs: '^2.2.4', 'rabbitmq-client': '^5.0.8' },
    peerDependenciesMeta: { kafkajs: { optional: true }, 'rabbitmq-client': { optional: true } },
  };
}

function tables(version: string, openapi: JsonObject, operations: readonly RestOperation[], set: SchemaSet): string {
  const rows = operations.map(({ id, method, definition }) => {
    const parameters = ((definition['parameters'] ?? []) as JsonObject[]).map((parameter) => deref(openapi, parameter));
    const takesKey = parameters.some(({ name }) => name === 'Idempotency-Key');
    return `${id}: ${literal(method === 'get' ? 'always' : takesKey ? 'with_key' : 'never')},`;
  });
  const jobs = (set.get('SubmitJobsRequest')?.schema['properties'] as { jobs?: JsonObject } | undefined)?.jobs;
  return `${banner('specs/openapi.yaml', 'specs/schemas')}import type { OperationId } from '../rest/operations.ts';

${docComment('The version of the contracts, and of this package.')}
export const VERSION = ${literal(version)};

/** Whether a request may be sent again when nobody knows what became of it. */
export const REPEATABLE = {
${rows.join('\n')}
} as const satisfies { readonly [Op in OperationId]: 'always' | 'with_key' | 'never' };

${docComment('How many jobs one request may submit.')}
export const MOST_IN_BATCH = ${literal(Number(jobs?.['maxItems']))};
`;
}

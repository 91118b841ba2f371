import type { Contracts } from './contracts.ts';

/** What can be led to, and on which page it stands. */
export const PLACES = {
  operation: { file: 'rest.html', prefix: 'op-' },
  problem: { file: 'index.html', prefix: 'problem-' },
  jobError: { file: 'index.html', prefix: 'job-error-' },
  state: { file: 'index.html', prefix: 'state-' },
  job: { file: 'jobs.html', prefix: 'job-' },
  channel: { file: 'messages.html', prefix: 'channel-' },
  message: { file: 'messages.html', prefix: 'message-' },
  redis: { file: 'stores.html', prefix: 'redis-' },
  mongodb: { file: 'stores.html', prefix: 'mongodb-' },
  schema: { file: 'schemas.html', prefix: 'schema-' },
  setting: { file: 'environment.html', prefix: 'env-' },
} as const satisfies { readonly [kind: string]: { readonly file: string; readonly prefix: string } };

export type Kind = keyof typeof PLACES;

/** The anchor of a thing on its page. Whatever an id cannot have (white space, HTML, ids end at it) is replaced. */
export function anchorOf(kind: Kind, name: string): string {
  return `${PLACES[kind].prefix}${name.replace(/[^\w.:-]/g, '-')}`;
}

/** The address of a thing from a page: of that page itself only its anchor. */
export function hrefOf(from: string, kind: Kind, name: string): string {
  const { file } = PLACES[kind];
  return `${from === file ? '' : file}#${anchorOf(kind, name)}`;
}

/** Where what a text names in code style leads; undefined for what is no name of the contracts. */
export function linkOfCode({
  openapi,
  problems,
  jobErrors,
  jobs,
  asyncapi,
  redis,
  mongodb,
  schemas,
  settings,
}: Contracts) {
  const targets = new Map<string, readonly [Kind, string]>();
  // The later counts: a name that is a code and a type as well leads to the type.
  for (const { name } of settings) targets.set(name, ['setting', name]);
  for (const code of Object.keys(jobErrors)) targets.set(code, ['jobError', code]);
  for (const code of Object.keys(problems)) targets.set(code, ['problem', code]);
  for (const name of Object.keys(jobs)) targets.set(name, ['job', name]);
  for (const [name, { address }] of Object.entries(asyncapi.channels))
    if (address !== null) targets.set(address, ['channel', name]);
  for (const [name, { key }] of Object.entries(redis)) targets.set(key, ['redis', name]);
  for (const [name, { collection }] of Object.entries(mongodb)) targets.set(collection, ['mongodb', name]);
  for (const name of Object.keys(schemas)) targets.set(name, ['schema', name]);
  for (const [path, operations] of Object.entries(openapi.paths))
    for (const [method, { operationId }] of Object.entries(operations))
      targets.set(`${method.toUpperCase()} ${path}`, ['operation', operationId]);
  return (code: string): readonly [Kind, string] | undefined => targets.get(code);
}

import type { AsyncapiProcess } from '../asyncapi-process.ts';
import { sourcePointer } from '../documents.ts';
import { camelCase, constantCase } from '../names.ts';
import { SpecError, SpecErrors } from '../spec-error.ts';
import type { JsonObject, Specs } from '../specs.ts';
import { banner, type Files, literal } from './text.ts';

/** Channels, operations and message types. Throws SpecErrors for what the AsyncAPI parser refuses. */
export async function emitMessaging(generator: AsyncapiProcess, specs: Specs, asyncapi: JsonObject): Promise<Files> {
  const { failed, text } = await generator.render(asyncapi);
  if (failed) throw refusal(specs, text);
  return new Map([
    ['messaging/channels.ts', `${banner('specs/asyncapi.yaml')}${text}`],
    ['messaging/headers.ts', headers(asyncapi)],
  ]);
}

/** The names of the headers of each kind of message, and the values that are always the same. */
function headers(asyncapi: JsonObject): string {
  const { messages, schemas } = asyncapi['components'] as { messages: JsonObject; schemas: JsonObject };
  const types = new Set(
    Object.values(messages).flatMap((message) => {
      const { $ref } = ((message as JsonObject)['headers'] ?? {}) as JsonObject;
      return typeof $ref === 'string' ? [$ref.replace(/^.*\//, '')] : [];
    }),
  );
  const tables = [...types].sort().map((type) => {
    const properties = Object.entries(
      ((schemas[type] as JsonObject)['properties'] ?? {}) as Record<string, JsonObject>,
    );
    const names = Object.fromEntries(properties.map(([name]) => [camelCase(name.replaceAll('-', '_')), name]));
    const fixed = Object.fromEntries(
      properties.flatMap(([name, { const: value }]) => (value === undefined ? [] : [[name, value]])),
    );
    const constant = constantCase(type);
    return `/** The names of the fields of ${type}. */
export const ${constant} = ${literal(names)} as const satisfies Readonly<Record<string, keyof ${type}>>;

/** Those of them that always have one value. */
export const ${constant}_FIXED = ${literal(fixed)} as const satisfies Partial<${type}>;
`;
  });
  return `${banner('specs/asyncapi.yaml', 'specs/schemas')}import type { ${[...types].sort().join(', ')} } from '../schemas/types.ts';\n\n${tables.join('\n')}`;
}

function refusal(specs: Specs, output: string): Error {
  const line = output.split('\n').find((text) => text.startsWith('DIAGNOSTICS '));
  if (line === undefined) return new Error(`@asyncapi/generator failed:\n${output.trim()}`);
  const diagnostics = JSON.parse(line.slice('DIAGNOSTICS '.length)) as { message: string; path: (string | number)[] }[];
  return new SpecErrors(
    diagnostics.map(({ message, path: at }) => {
      const tokens = at.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`);
      return new SpecError(specs.asyncapi.locate(sourcePointer(tokens.join(''), specs.jobs)), message);
    }),
  );
}

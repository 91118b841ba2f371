import type { AsyncapiProcess } from '../asyncapi-process.ts';
import { sourcePointer } from '../documents.ts';
import { SpecError, SpecErrors } from '../spec-error.ts';
import type { JsonObject, Specs } from '../specs.ts';
import { banner, type Files } from './text.ts';

/** Channels, operations and message types. Throws SpecErrors for what the AsyncAPI parser refuses. */
export async function emitMessaging(generator: AsyncapiProcess, specs: Specs, asyncapi: JsonObject): Promise<Files> {
  const { failed, text } = await generator.render(asyncapi);
  if (failed) throw refusal(specs, text);
  return new Map([['messaging/channels.ts', `${banner('specs/asyncapi.yaml')}${text}`]]);
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

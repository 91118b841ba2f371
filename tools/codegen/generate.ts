import { AsyncapiProcess } from './asyncapi-process.ts';
import { checkCrossReferences, checkEventStreams, checkExamples, checkSchemas } from './check.ts';
import { checkChannels } from './check-channels.ts';
import { buildDocuments, restOperations } from './documents.ts';
import { emitJobs } from './emit/jobs.ts';
import { emitMessaging } from './emit/messaging.ts';
import { emitPackage } from './emit/package.ts';
import { emitRest } from './emit/rest.ts';
import { emitSdk } from './emit/sdk.ts';
import { emitStorage } from './emit/storage.ts';
import { emitTables } from './emit/tables.ts';
import type { Files } from './emit/text.ts';
import { emitValidators, validatorFor } from './emit/validators.ts';
import { emitWiring, implementations, missingImplementations } from './emit/wiring.ts';
import { buildSchemaSet } from './schema-set.ts';
import type { SpecError } from './spec-error.ts';
import { readSpecs } from './specs.ts';

export interface Generated {
  /** What to write, by path below generated/. */
  readonly files: Files;
  /** Parts of the specs that no file implements yet; the written wiring does not compile before they exist. */
  readonly missing: readonly SpecError[];
}

/** Makes everything from the specs below a root. Throws SpecError or SpecErrors for a bad spec, and then writes nothing. */
export async function generate(root: string, generator = new AsyncapiProcess()): Promise<Generated> {
  try {
    return await generateWith(generator, root);
  } finally {
    generator.close();
  }
}

async function generateWith(generator: AsyncapiProcess, root: string): Promise<Generated> {
  const specs = readSpecs(root);
  const set = buildSchemaSet(specs);
  checkSchemas(set);
  checkCrossReferences(specs, set);
  checkChannels(specs, set);
  const documents = buildDocuments(specs, set);
  const operations = restOperations(documents.openapi, specs.openapi);
  checkEventStreams(documents.openapi, operations, specs.openapi, set);
  checkExamples(set, validatorFor(set));
  const needed = implementations(specs, operations, documents.asyncapi);
  // From here on the other process works too; TypeScript, which openapi-typescript brings, is loaded only now.
  const channels = emitMessaging(generator, specs, documents.asyncapi);
  // Held until it is awaited below, so that a fault of the rest is not overtaken by one of its own.
  channels.catch(() => undefined);
  const { emitTypes } = await import('./emit/types.ts');
  const parts: Files[] = [
    emitPackage(documents),
    emitTables(specs, set),
    emitJobs(specs),
    emitRest(documents.openapi, operations, set),
    emitSdk(documents, operations, set),
    emitStorage(specs, set),
    emitWiring(needed),
    emitValidators(set, specs.jobs, operations, documents.openapi),
    await emitTypes(documents, set),
    await channels,
  ];
  const files: Files = new Map(parts.flatMap((part) => [...part]).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { files, missing: missingImplementations(root, needed) };
}

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourcePointer } from '../documents.ts';
import { SpecError, SpecErrors } from '../spec-error.ts';
import type { JsonObject, Specs } from '../specs.ts';
import { banner, type Files } from './text.ts';

/**
 * Channels, operations and message types, by @asyncapi/generator with the template in asyncapi/. It runs in a process of
 * its own: it takes most of the time of a run, and so runs beside the rest. Throws SpecErrors for what its parser refuses.
 */
export async function emitMessaging(specs: Specs, asyncapi: JsonObject): Promise<Files> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dtq-asyncapi-'));
  try {
    const document = path.join(folder, 'asyncapi.json');
    await writeFile(document, JSON.stringify(asyncapi));
    // The generator resolves the package npm at import and crashes where none lies beside the Node that runs. It needs it
    // only to install remote templates, so an empty package of that name will do.
    await mkdir(path.join(folder, 'global', 'npm'), { recursive: true });
    await writeFile(path.join(folder, 'global', 'npm', 'index.js'), '');
    const script = path.join(import.meta.dirname, '..', 'run-asyncapi.ts');
    const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
      execFile(
        process.execPath,
        [script, document, folder],
        { env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_PATH: path.join(folder, 'global') } },
        (error, stdout, stderr) => resolve({ failed: error !== null, output: `${stdout}${stderr}` }),
      );
    });
    if (failed) throw refusal(specs, output);
    const code = await readFile(path.join(folder, 'channels.ts'), 'utf8');
    return new Map([['messaging/channels.ts', `${banner('specs/asyncapi.yaml')}${code}`]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refusal(specs: Specs, output: string): Error {
  const line = output.split('\n').find((text) => text.startsWith('DIAGNOSTICS '));
  if (line === undefined) return new Error(`@asyncapi/generator failed:\n${output.trim()}`);
  const diagnostics = JSON.parse(line.slice('DIAGNOSTICS '.length)) as { message: string; path: (string | number)[] }[];
  return new SpecErrors(
    diagnostics.map(({ message, path: at }) => {
      const pointer = sourcePointer(
        at.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
        specs.jobs,
      );
      return new SpecError(specs.asyncapi.locate(pointer), message);
    }),
  );
}

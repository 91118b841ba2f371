import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { copyParts, linkPackages, WHOLE_PROJECT } from '@dtq/testkit/project-copy.ts';
import type { Bench, BenchContext } from './bench.ts';
import type { Case, Report } from './report.ts';
import { alternate } from './rounds.ts';

const [OURS, BARE] = ['dtq', 'openapi-typescript'] as const;
const SECONDS = 'seconds';
const SPEC = 'specs/jobs/weather.yaml';
const CODEGEN = 'tools/codegen/main.ts';
const OPENAPI_TYPESCRIPT = 'tools/codegen/node_modules/openapi-typescript/bin/cli.js';
const DOCUMENT = 'generated/documents/openapi.json';
const MADE = 'node_modules/.cache/dtq';

const node = promisify(execFile);

/** How long who changes a contract waits for what is made of it. */
export const codegen: Bench = {
  name: 'codegen',
  run: async (context) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dtq-bench-'));
    try {
      context.say('a copy of the project is made');
      copyParts(folder, WHOLE_PROJECT);
      linkPackages(folder);
      return report(await measure(context, folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure({ scale, say }: BenchContext, folder: string): Promise<Case[]> {
  const timed = async (main: string, ...args: string[]) => {
    const began = performance.now();
    await node(process.execPath, [path.join(folder, main), ...args], { cwd: folder });
    return { [SECONDS]: (performance.now() - began) / 1000 };
  };
  const change = (round: number): void => {
    const file = path.join(folder, SPEC);
    const text = readFileSync(file, 'utf8');
    const changed = text.replace(/^title: .*$/m, `title: Weather ${round + 1}`);
    if (changed === text) throw new Error(`${SPEC} could not be changed`);
    writeFileSync(file, changed);
  };
  say('warm-up, which also installs the generator where it is missing');
  await timed(CODEGEN);
  const types = { name: BARE, measure: () => timed(OPENAPI_TYPESCRIPT, DOCUMENT, '-o', `${MADE}/bare.d.ts`) };
  const cases: Case[] = [];
  const one = async (name: string, prepare: (round: number) => void): Promise<void> => {
    say(name);
    const ours = {
      name: OURS,
      measure: async (round: number) => {
        prepare(round);
        return await timed(CODEGEN);
      },
    };
    cases.push({ name, rounds: await alternate([ours, types], scale.rounds) });
  };
  await one('all of it, from nothing', () => {
    rmSync(path.join(folder, MADE, 'codegen.json'), { force: true });
    for (const part of ['jobs', 'rest', 'validators'])
      rmSync(path.join(folder, 'generated', part), { recursive: true });
  });
  await one('after a small change', change);
  await one('when nothing has changed', () => undefined);
  return cases;
}

function report(cases: readonly Case[]): Report {
  return {
    name: 'codegen',
    title: 'Codegen: npm run codegen',
    sides: [OURS, BARE],
    measures: [{ name: SECONDS, digits: 2 }],
    cases,
    notes: [
      'dtq: three documents are checked, types, validators, client, wiring, topics, forms and documents are made of them, and all is formatted; in a copy of the project, without npm.',
      'openapi-typescript: the types of the same OpenAPI document alone, by its own command.',
    ],
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wordsOfFailure } from './failed.ts';
import { type ReadmeBlock, readmeBlocks } from './readme.ts';
import { type Ran, run } from './run.ts';
import { STEPS } from './steps.ts';

const root = path.resolve(import.meta.dirname, '../..');
// Every command uses the one stack of this checkout, those that run in a clone too.
// The API takes any free port, for the usual one may be taken.
const env = { DTQ_INFRA_DIR: path.join(root, '.dtq/infra'), API_ADDR: '127.0.0.1:0' };
const rows: { name: string; ran: Ran }[] = [];

async function step(name: string, work: Promise<Ran>): Promise<void> {
  rows.push({ name, ran: await work });
}

/** Runs a block of a document as a new user would: one command after the other, `cd` and all. */
async function documentBlock(document: string, { commands, clone, until, line }: ReadmeBlock): Promise<void> {
  const folder = clone ? mkdtempSync(path.join(tmpdir(), 'dtq-clone-')) : root;
  try {
    const script = commands
      .map((command) => (clone ? command.replace(/^git clone \S+/, `git clone --quiet ${root}`) : command))
      .join(' && ');
    console.log(`\nci: ${document}:${line}: ${commands.join(' && ')}`);
    await step(
      `${document}:${line} ${commands.join(' && ')}`,
      run(script, { cwd: folder, env, ...(until === undefined ? {} : { until }) }),
    );
  } finally {
    if (clone) rmSync(folder, { recursive: true, force: true });
  }
}

for (const { name, command } of STEPS) {
  console.log(`\nci: ${name}: ${command}`);
  await step(name, run(command, { cwd: root, env }));
}
// What asks a server that serves already is a test (tools/contracts/readme.test.ts, runbook.test.ts), and so runs with `npm test`.
for (const document of ['infra/RUNBOOK.md', 'README.md'])
  for (const block of readmeBlocks(root, document)) if (!block.served) await documentBlock(document, block);

const passed = rows.reduce((sum, { ran }) => sum + ran.passed, 0);
const failed = rows.reduce((sum, { ran }) => sum + ran.failed, 0);
// Once more at the end, where it is found without reading the whole.
for (const { name, ran } of rows)
  if (ran.failed > 0) console.log(['', `ci: failed: ${name}`, ...wordsOfFailure(ran.output)].join('\n'));
console.log('\nci: seconds  passed  failed  what');
for (const { name, ran } of rows)
  console.log(
    `ci: ${ran.seconds.toFixed(1).padStart(7)}  ${String(ran.passed).padStart(6)}  ${String(ran.failed).padStart(6)}  ${name}`,
  );
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

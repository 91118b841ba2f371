import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { stack } from '@dtq/backend-distributed/test/stack.ts';
import { StartError } from '@dtq/core/errors.ts';
import { runMain } from '@dtq/core/main.ts';
import { type Bench, FULL, QUICK } from './bench.ts';
import { toSvg } from './chart.ts';
import { codegen } from './codegen.ts';
import { completed } from './completed.ts';
import { depth } from './depth.ts';
import { endToEnd } from './end-to-end.ts';
import { events } from './events.ts';
import { list } from './list.ts';
import { describeMachine } from './machine.ts';
import { Programs } from './programs.ts';
import { type Report, toJson, toMarkdown } from './report.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { submit } from './submit.ts';
import { toSummary } from './summary.ts';

// npm run bench [-- NAME… --quick --profile]

const BENCHES: readonly Bench[] = [submit, endToEnd, completed, status, events, list, depth, start, codegen];
const RESULTS = path.join(import.meta.dirname, 'results');

await runMain('bench', async () => {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, profile: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const chosen = choose(positionals);
  const hasServers = serversAreUp();
  // Half a table must not take the place of a whole one.
  if (!hasServers && !values.quick) throw new StartError('the servers are not up: npm run infra:up');
  // A profile costs time, and a quick run is a rough one: neither takes the place of what is kept.
  const folder = values.quick || values.profile ? path.join(RESULTS, 'rough') : RESULTS;
  const began = performance.now();
  const say = (words: string): void =>
    console.error(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${words}`);
  if (!hasServers) say('the servers are not up (npm run infra:up): only what needs none is measured');
  for (const bench of chosen.filter(({ needsServers = false }) => hasServers || !needsServers)) {
    const programs = new Programs(values.profile);
    try {
      const machine = describeMachine();
      const context = {
        scale: values.quick ? QUICK : FULL,
        isQuick: values.quick,
        programs,
        hasServers,
        say: (words: string) => say(`${bench.name}: ${words}`),
      };
      await keep(await bench.run(context), machine, folder);
    } finally {
      await programs.close();
    }
  }
  say('done');
});

function serversAreUp(): boolean {
  try {
    stack();
    return true;
  } catch {
    return false;
  }
}

function choose(names: readonly string[]): readonly Bench[] {
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined)
    throw new StartError(`there is no ${unknown}, only ${BENCHES.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? BENCHES : BENCHES.filter(({ name }) => names.includes(name));
}

async function keep(report: Report, machine: ReturnType<typeof describeMachine>, folder: string): Promise<void> {
  const markdown = toMarkdown(report, machine);
  console.log(markdown);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  write(`${report.name}.md`, markdown);
  write(`${report.name}.json`, toJson(report, machine));
  write(`${report.name}.svg`, await toSvg(report));
  write(
    'README.md',
    toSummary(
      folder,
      BENCHES.map(({ name }) => name),
    ),
  );
}

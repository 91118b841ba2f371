import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { canInstall, installPackages, missingPackages, updateLists } from '../native/apt.ts';
import { findTool } from '../native/tools.ts';
import { Progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { untested } from './untested.ts';

// Holds the alert rules to Prometheus' own tool: they are rules, and each fires where its test says so. An alert without such a
// test, which the tool does not mind, is a fault too. Debian has the tool in its package prometheus, which is installed here
// without being started.

const PACKAGE = 'prometheus';
const RULES = 'dtq.rules.yaml';
const TESTS = 'dtq.rules.test.yaml';
const CHECKS = [
  ['check', 'rules', RULES],
  ['check', 'config', 'prometheus.yaml'],
  ['test', 'rules', TESTS],
];

async function main(): Promise<number> {
  const [rules = '', tests = ''] = [RULES, TESTS].map((file) =>
    readFileSync(path.join(import.meta.dirname, file), 'utf8'),
  );
  const missing = untested(rules, tests);
  for (const fault of missing) console.error(fault);
  if (missing.length > 0) return 1;
  const { dir } = readSettings();
  const progress = new Progress();
  if (findTool('promtool') === undefined) {
    if (!canInstall()) throw missingPackages([PACKAGE]);
    await updateLists(progress, dir);
    await installPackages([PACKAGE], progress, dir);
  }
  for (const args of CHECKS) {
    const { status } = spawnSync('promtool', args, { cwd: import.meta.dirname, stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

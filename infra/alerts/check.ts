import { spawnSync } from 'node:child_process';
import { messageOf } from '../errors.ts';
import { canInstall, installPackages, missingPackages, updateLists } from '../native/apt.ts';
import { findTool } from '../native/tools.ts';
import { Progress } from '../progress.ts';
import { readSettings } from '../settings.ts';

// Holds the alert rules to Prometheus' own tool: they are rules, and each fires where its test says so. Debian has the tool in
// its package prometheus, which is installed here without being started.

const PACKAGE = 'prometheus';
const CHECKS = [
  ['check', 'rules', 'dtq.rules.yaml'],
  ['check', 'config', 'prometheus.yaml'],
  ['test', 'rules', 'dtq.rules.test.yaml'],
];

async function main(): Promise<number> {
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

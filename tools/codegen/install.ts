import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from './files.ts';

/** Installs the generator's packages where they are missing or of another lock file. */
export function install(): void {
  const folder = import.meta.dirname;
  const lock = digestOf(folder, ['package-lock.json']);
  const marker = path.join(folder, 'node_modules/.dtq-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  console.error('codegen: installing the generator (npm ci in tools/codegen), once after each change of its lock file');
  const began = Date.now();
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('the generator could not be installed');
  writeFileSync(marker, lock);
  console.error(`codegen: installed in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesBelow, writeFolder } from './files.ts';

/** Formats generated files with the project's own formatter and a configuration of their own. Needs the root's packages. */
export function formatFiles(root: string, files: ReadonlyMap<string, string>): Map<string, string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-format-'));
  try {
    writeFolder(folder, files);
    const biome = createRequire(path.join(root, 'package.json')).resolve('@biomejs/biome/bin/biome');
    const configuration = path.join(import.meta.dirname, 'format.biome.json');
    execFileSync(
      process.execPath,
      [biome, 'format', '--write', `--config-path=${configuration}`, '--files-max-size=16000000', folder],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
    );
    return new Map(
      filesBelow(folder, '.').map((file) => [file.slice(2), readFileSync(path.join(folder, file), 'utf8')]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

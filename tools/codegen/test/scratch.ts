import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export const root = path.resolve(import.meta.dirname, '../../..');

export interface Scratch {
  readonly folder: string;
  /** Replaces a text that stands in a file exactly once. */
  edit(file: string, from: string, to: string): void;
  write(file: string, content: string): void;
  read(file: string): string;
}

/** A copy of the parts of the project that codegen reads, for one test to spoil. */
export function scratchCopy(...folders: string[]): Scratch {
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-codegen-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['specs', 'services/api', 'services/worker', ...folders]) {
    cpSync(path.join(root, part), path.join(folder, part), {
      recursive: true,
      filter: (source) => !/node_modules|__transpiled|[/\\]dist$/.test(source),
    });
  }
  const at = (file: string): string => path.join(folder, file);
  const read = (file: string): string => readFileSync(at(file), 'utf8');
  return {
    folder,
    read,
    write: (file, content) => writeFileSync(at(file), content),
    edit: (file, from, to) => {
      const text = read(file);
      if (text.split(from).length !== 2)
        throw new Error(`${file} has ${JSON.stringify(from)} ${text.split(from).length - 1} times`);
      writeFileSync(
        at(file),
        text.replace(from, () => to),
      );
    },
  };
}

/** A scratch copy of the whole project, sharing the installed packages. */
export function scratchProject(): Scratch {
  const scratch = scratchCopy(
    'services',
    'tools',
    'generated',
    'infra',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
    'vitest.config.ts',
  );
  // Node finds packages by walking up from the real place of a file, so workspaces must be linked to the copy.
  linkPackages(scratch.folder);
  symlinkSync(path.join(root, 'tools/codegen/node_modules'), path.join(scratch.folder, 'tools/codegen/node_modules'));
  return scratch;
}

function linkPackages(folder: string): void {
  cpSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
    // Whole packages are linked, not copied; only the workspaces' own links are kept relative.
    filter: (source) => {
      const name = path.relative(path.join(root, 'node_modules'), source);
      if (name === '' || name.startsWith('@dtq')) return true;
      if (name === '.cache') return false;
      symlinkSync(source, path.join(folder, 'node_modules', name));
      return false;
    },
  });
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { copyParts, linkPackages, SPECS_AND_IMPLEMENTATIONS, WHOLE_PROJECT } from '../../testkit/project-copy.ts';

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
  copyParts(folder, [...SPECS_AND_IMPLEMENTATIONS, ...folders]);
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
  const scratch = scratchCopy(...WHOLE_PROJECT);
  linkPackages(scratch.folder);
  return scratch;
}

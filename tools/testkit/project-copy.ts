import { cpSync, existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** What codegen reads. */
export const SPECS_AND_IMPLEMENTATIONS = ['specs', 'services/api', 'services/worker'];

/** All that the project's own programs need, the generator's packages and those of the root aside. */
export const WHOLE_PROJECT = [
  ...['specs', 'services', 'tools', 'generated', 'infra'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts'],
];

/** Copies files and folders of the project, by their paths from the root, without what is installed or built. */
export function copyParts(folder: string, parts: readonly string[]): void {
  for (const part of parts) {
    cpSync(path.join(root, part), path.join(folder, part), {
      recursive: true,
      filter: (source) => !/node_modules|__transpiled|[/\\]dist$/.test(source),
    });
  }
}

/** Gives a copy the packages that are installed here: Node finds them by walking up from the real place of a file. */
export function linkPackages(folder: string): void {
  cpSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
    // Whole packages are linked, not copied; only the workspaces' own links are kept relative, and so lead into the copy.
    filter: (source) => {
      const name = path.relative(path.join(root, 'node_modules'), source);
      if (name === '' || name.startsWith('@dtq')) return true;
      if (name === '.cache') return false;
      symlinkSync(source, path.join(folder, 'node_modules', name));
      return false;
    },
  });
  const generator = 'tools/codegen/node_modules';
  if (existsSync(path.join(root, generator))) symlinkSync(path.join(root, generator), path.join(folder, generator));
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const IGNORED = new Set(['node_modules', '__transpiled', '.turbo', 'dist']);

/** Every file below a folder, as sorted paths from the root with forward slashes; none where the folder is missing. */
export function filesBelow(root: string, folder: string): string[] {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => !IGNORED.has(entry.name))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    )
    .sort();
}

/** One digest over the names and the contents of files. */
export function digestOf(root: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** Makes a folder hold exactly these files: writes what differs, removes what is not among them. */
export function writeFolder(folder: string, files: ReadonlyMap<string, string>): { written: number; removed: number } {
  let written = 0;
  let removed = 0;
  for (const file of filesBelow(folder, '.')) {
    const name = file.slice(2);
    if (!files.has(name)) {
      rmSync(path.join(folder, name));
      removed += 1;
    }
  }
  for (const [name, content] of files) {
    const target = path.join(folder, name);
    if (existsSync(target) && readFileSync(target, 'utf8') === content) continue;
    mkdirSync(path.dirname(target), { recursive: true });
    // A file that says what runs it may be run.
    writeFileSync(target, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
    written += 1;
  }
  return { written, removed };
}

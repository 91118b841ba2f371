import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

export interface SiteFile {
  readonly type: string;
  readonly content: string;
}

/**
 * The files of the documentation site by name, half a megabyte in all; none where it has not been built. They are read once:
 * a name that is asked for never becomes a path.
 */
export function readSite(folder: string | undefined): ReadonlyMap<string, SiteFile> {
  const site = new Map<string, SiteFile>();
  for (const name of folder === undefined ? [] : namesIn(folder)) {
    const type = TYPES[path.extname(name)];
    if (type !== undefined) site.set(name, { type, content: readFileSync(path.join(folder ?? '', name), 'utf8') });
  }
  return site.has('index.html') ? site : new Map();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

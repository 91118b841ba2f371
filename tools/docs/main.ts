import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadContracts } from './contracts.ts';
import { buildSite } from './site.ts';

// Writes the documentation of the contracts to dist/docs: what `npm run docs` runs.

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'dist/docs');
const began = performance.now();

const site = buildSite(await loadContracts(root));
// Whoever serves it meanwhile serves the old one or the new one, for all but a moment.
const fresh = `${folder}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
for (const [file, content] of site) writeFileSync(path.join(fresh, file), content);
rmSync(folder, { recursive: true, force: true });
renameSync(fresh, folder);
const bytes = [...site.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
process.stdout.write(
  `dtq: ${site.size} files, ${Math.round(bytes / 1024)} KB of documentation in dist/docs, in ${Math.round(performance.now() - began)} ms\n`,
);

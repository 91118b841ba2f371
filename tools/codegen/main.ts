import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf, filesBelow, writeFolder } from './files.ts';
import { install } from './install.ts';

// Only what the no-op needs is imported above; the generator and all its packages are loaded when something changed.

const root = path.resolve(import.meta.dirname, '../..');
const stampFile = path.join(root, 'node_modules/.cache/dtq/codegen.json');
const SOURCES = 'sources.json';

/** What generated/ depends on: the specs, this tool, and which implementations exist. */
function inputsDigest(): string {
  const implementations = ['services/api/routes', 'services/worker/handlers', 'services/worker/responders'].flatMap(
    (folder) => filesBelow(root, folder),
  );
  return `${digestOf(root, [...filesBelow(root, 'specs'), ...filesBelow(root, 'tools/codegen')])} ${implementations.join(' ')}`;
}

function stamp(): string {
  return JSON.stringify([inputsDigest(), digestOf(root, filesBelow(root, 'generated'))]);
}

/** @asyncapi/generator 3.4 uses what older Node does not have; its own words for it are a stack. */
function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 11)) return;
  throw new Error(
    `codegen needs Node 24.11 or later, and this is ${process.versions.node}; everything else runs on any Node 24`,
  );
}

async function build(): Promise<{ files: Map<string, string>; missing: readonly Error[] }> {
  checkNode();
  install();
  // Started first: it loads for longer than everything else together.
  const generator = new (await import('./asyncapi-process.ts')).AsyncapiProcess();
  const [{ generate }, { formatFiles }] = await Promise.all([import('./generate.ts'), import('./format.ts')]);
  const { files, missing } = await generate(root, generator);
  const sources = Object.fromEntries(
    filesBelow(root, 'specs')
      .filter((file) => !file.startsWith('specs/cases/') && !file.endsWith('.md'))
      .map((file) => [file, digestOf(root, [file])]),
  );
  files.set(SOURCES, JSON.stringify(sources));
  return { files: formatFiles(root, files), missing };
}

async function write(): Promise<void> {
  const began = Date.now();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp()) {
    console.log('codegen: generated/ is up to date');
    return;
  }
  const { files, missing } = await build();
  const { written, removed } = writeFolder(path.join(root, 'generated'), files);
  console.log(`codegen: ${files.size} files, ${written} written, ${removed} removed, in ${seconds(began)}`);
  if (missing.length > 0) {
    // Not stamped: the next run says it again.
    for (const error of missing) console.error(error.message);
    process.exitCode = 1;
    return;
  }
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp());
}

/** Compares generated/ with what the specs give, and says which spec changed and what to do. */
async function check(): Promise<void> {
  const { files, missing } = await build();
  const folder = path.join(root, 'generated');
  const present = filesBelow(folder, '.').map((file) => file.slice(2));
  const differing = [...files]
    .filter(([name, content]) => !present.includes(name) || readFileSync(path.join(folder, name), 'utf8') !== content)
    .map(([name]) => name);
  const surplus = present.filter((name) => !files.has(name));
  for (const error of missing) console.error(error.message);
  if (differing.length + surplus.length === 0 && missing.length === 0) {
    console.log(`codegen: generated/ is what the specs give (${files.size} files)`);
    return;
  }
  process.exitCode = 1;
  if (differing.length + surplus.length === 0) return;
  const changed = changedSpecs(folder, files.get(SOURCES) ?? '{}');
  console.error(
    `codegen: generated/ is stale: ${[...differing, ...surplus].map((name) => `generated/${name}`).join(', ')}`,
  );
  console.error(
    changed.length > 0
      ? `codegen: changed since it was made: ${changed.join(', ')}`
      : 'codegen: no spec changed since it was made, so it was edited by hand, or tools/codegen changed',
  );
  console.error('codegen: run `npm run codegen` and commit what it writes');
}

function changedSpecs(folder: string, fresh: string): string[] {
  const file = path.join(folder, SOURCES);
  const before = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<string, string>;
  const now = JSON.parse(fresh) as Record<string, string>;
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .sort();
}

function seconds(began: number): string {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}

try {
  await (process.argv.includes('--check') ? check() : write());
} catch (error) {
  const known = error instanceof Error && (error.name === 'SpecError' || error.name === 'SpecErrors');
  console.error(known ? (error as Error).message : error);
  process.exitCode = 1;
}

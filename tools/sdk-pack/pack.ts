import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeBundle } from './bundle.ts';
import { writeDeclarations } from './declarations.ts';
import { root } from './root.ts';

const sdk = path.join(root, 'generated/sdk');

/** What somebody may import, and the command line. */
const ENTRIES = { index: 'sdk/index.ts', kafka: 'sdk/kafka.ts', amqp: 'sdk/amqp.ts' } as const;
const COMMAND = { dtq: 'sdk/cli/bin.ts' } as const;

export interface Tarball {
  readonly file: string;
  readonly bytes: number;
  /** Bytes of each JavaScript file in it. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Makes the tarball of the SDK in a folder: JavaScript, declarations, README. Nothing of it is kept in the project, for it
 * comes from generated/sdk alone; two runs give the same bytes.
 */
export async function packSdk(folder: string): Promise<Tarball> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'dtq-sdk-'));
  try {
    const staged = path.join(scratch, 'package');
    mkdirSync(staged);
    const { sizes, notices } = await writeBundle({ ...ENTRIES, ...COMMAND }, path.join(staged, 'dist'));
    writeDeclarations(Object.values(ENTRIES), scratch, path.join(staged, 'types'));
    writeFileSync(path.join(staged, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
    writeFileSync(path.join(staged, 'NOTICES'), notices);
    copyFileSync(path.join(sdk, 'README.md'), path.join(staged, 'README.md'));
    mkdirSync(folder, { recursive: true });
    const output = execFileSync('npm', ['pack', '--json', `--pack-destination=${path.resolve(folder)}`], {
      cwd: staged,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      shell: process.platform === 'win32',
    });
    const [{ filename }] = JSON.parse(output) as [{ filename: string }];
    const file = path.join(path.resolve(folder), filename);
    return { file, bytes: statSync(file).size, sizes };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The published package: as the one of the project, but of JavaScript, and of nobody else's packages. */
function manifest(): object {
  const { name, version, description, license, type, engines, sideEffects, peerDependencies, peerDependenciesMeta } =
    JSON.parse(readFileSync(path.join(sdk, 'package.json'), 'utf8')) as Record<string, unknown>;
  const exports = Object.fromEntries(
    Object.entries(ENTRIES).map(([entry, source]) => [
      entry === 'index' ? '.' : `./${entry}`,
      { types: `./types/${source.replace(/\.ts$/, '.d.ts')}`, default: `./dist/${entry}.js` },
    ]),
  );
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    sideEffects,
    bin: { dtq: './dist/dtq.js' },
    exports: { ...exports, './package.json': './package.json' },
    files: ['dist', 'types', 'NOTICES'],
    peerDependencies,
    peerDependenciesMeta,
  };
}

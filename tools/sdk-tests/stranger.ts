import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project of another team: an empty folder with the tarball installed, which knows nothing of this repository. */
export interface Stranger {
  readonly folder: string;
  write(file: string, text: string): void;
  /** Runs a program there to its end. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Runs the command line of the SDK as it was installed. */
  dtq(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Type-checks files, declarations of packages included. */
  check(files: readonly string[], options?: CheckOptions): Promise<Finished>;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Ends the program with SIGINT once its standard output has this. */
  readonly interruptAt?: string;
}

export interface CheckOptions {
  readonly types?: readonly string[];
  readonly lib?: readonly string[];
}

/** Makes the project, in a folder that goes when the running test ends, or in one that is given. */
export async function makeStranger(tarball: string, folder = freshFolder()): Promise<Stranger> {
  const run: Stranger['run'] = (program, args, options = {}) => runIn(folder, program, args, options);
  const done = async (program: string, args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  };
  await done('npm', ['init', '-y', '--init-type=module']);
  // Without a network on purpose: the SDK needs nobody else's package.
  await done('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball]);
  return {
    folder,
    run,
    write: (file, text) => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    },
    dtq: (args, options) => run(process.execPath, [path.join(folder, 'node_modules/.bin/dtq'), ...args], options),
    check: (files, { types = [], lib = ['es2022', 'dom', 'dom.asynciterable'] } = {}) => {
      const compilerOptions = {
        target: 'es2022',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        allowImportingTsExtensions: true,
        types,
        lib,
      };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      return run(process.execPath, [
        path.join(root, 'node_modules/typescript/bin/tsc'),
        '-p',
        '.',
        '--pretty',
        'false',
      ]);
    },
  };
}

/** Gives the project packages that it would install from the registry. */
export function addPackages({ folder }: Stranger, ...names: readonly string[]): void {
  for (const name of names) {
    const target = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(target), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), target);
  }
}

/** Puts one of this folder's files into the project. */
export function addFile({ folder }: Stranger, file: string): void {
  cpSync(path.join(import.meta.dirname, 'project', file), path.join(folder, file));
}

function runIn(folder: string, program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const { environment = {}, input, interruptAt } = options;
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      {
        cwd: folder,
        env: { ...inherited, NO_COLOR: '1', ...environment },
        maxBuffer: 64 * 1024 * 1024,
        timeout: 120_000,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`${program} did not end by itself:\n${stdout}${stderr}`, { cause: error }));
      },
    );
    let heard = '';
    let isTold = false;
    child.stdout?.on('data', (piece: string) => {
      heard += piece;
      if (interruptAt === undefined || isTold || !heard.includes(interruptAt)) return;
      isTold = true;
      child.kill('SIGINT');
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

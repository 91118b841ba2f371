import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@dtq/testkit/wait.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Where `--profile` leaves its files. */
export const PROFILES = path.join(root, '.dtq/profiles');

const START_MS = 60_000;
const END_MS = 30_000;

export interface Program {
  /** What the log said to tell that it was ready: the pattern's first group. */
  readonly said: string;
  readonly pid: number | undefined;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
}

/** The processes of a run. Each logs into a file, as in production: reading a pipe would take time from what is measured. */
export class Programs {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'dtq-bench-'));
  readonly #children = new Set<ChildProcess>();
  readonly #programs = new Set<Program>();
  readonly #isProfiled: boolean;
  #count = 0;

  /** `onSignal`: what a SIGINT or SIGTERM does. */
  constructor(isProfiled: boolean, onSignal: () => void = () => process.exit(1)) {
    this.#isProfiled = isProfiled;
    process.on('exit', () => this.#kill());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  }

  /** Where the logs are, until `close`. */
  get folder(): string {
    return this.#folder;
  }

  /** Starts a main file (a path from the root) and waits until its log has what the pattern asks for. */
  async start(main: string, environment: Readonly<Record<string, string>>, ready: RegExp): Promise<Program> {
    this.#count += 1;
    const log = path.join(this.#folder, `${this.#count}.log`);
    const file = openSync(log, 'w');
    const child = spawn(process.execPath, [...this.#flags(main), path.join(root, main)], {
      cwd: root,
      env: {
        ...inherited(),
        API_ADDR: '127.0.0.1:0',
        WORKER_HEALTH_ADDR: '127.0.0.1:0',
        LOG_FORMAT: 'json',
        ...environment,
      },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    this.#children.add(child);
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const exited = exit.then(([code, killedBy]) => {
      this.#children.delete(child);
      return code ?? killedBy ?? 'SIGKILL';
    });
    const said = await eventually(
      `${main} is ready`,
      () => {
        const text = readFileSync(log, 'utf8');
        if (child.exitCode !== null) throw new Error(`${main} ended:\n${text}`);
        return ready.exec(text)?.[1];
      },
      START_MS,
    );
    const program: Program = {
      said,
      pid: child.pid,
      exited,
      signal: (name) => void child.kill(name),
      end: async () => {
        this.#programs.delete(program);
        if (child.exitCode === null) child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
        await exited.finally(() => clearTimeout(timer));
      },
    };
    this.#programs.add(program);
    return program;
  }

  /**
   * Runs a program to its end and gives the `result` of the line of JSON that it prints last; a line with `say` is told to who
   * waits. The program finds `options`, as JSON, as its first argument. Rejects with what it said where it fails.
   */
  async run<T>(
    main: string,
    environment: Readonly<Record<string, string>>,
    options: object,
    say: (words: string) => void = () => undefined,
  ): Promise<T> {
    this.#count += 1;
    const log = path.join(this.#folder, `${this.#count}.log`);
    const file = openSync(log, 'w');
    const flags = [...this.#flags(main), path.join(root, main), JSON.stringify(options)];
    const env = { ...inherited(), ...environment };
    const child = spawn(process.execPath, flags, { cwd: root, env, stdio: ['ignore', 'pipe', file as never] });
    closeSync(file);
    this.#children.add(child);
    const exited = once(child, 'exit').finally(() => this.#children.delete(child));
    let found: { readonly result: T } | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const told = JSON.parse(line) as { readonly say: string } | { readonly result: T };
      if ('say' in told) say(told.say);
      else found = told;
    }
    await exited;
    if (child.exitCode !== 0 || found === undefined) throw new Error(`${main} failed:\n${readFileSync(log, 'utf8')}`);
    return found.result;
  }

  /** Ends what nobody ended. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.end()));
  }

  /** Forgets the logs too, unless they are to be kept. */
  async close(areLogsKept = false): Promise<void> {
    await this.endAll();
    if (!areLogsKept) rmSync(this.#folder, { recursive: true, force: true });
  }

  #kill(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #flags(main: string): string[] {
    const quiet = '--disable-warning=ExperimentalWarning';
    if (!this.#isProfiled) return [quiet];
    mkdirSync(PROFILES, { recursive: true });
    const name = main.replace(/\.ts$/, '').replaceAll('/', '-');
    return [quiet, '--cpu-prof', `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${name}-${this.#count}.cpuprofile`];
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

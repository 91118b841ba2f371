import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@dtq/testkit/wait.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Who does not end by itself after a SIGTERM for so long is killed; in milliseconds. */
const END_MS = 40_000;

export type LogLine = Readonly<Record<string, unknown>>;

export interface Program {
  readonly pid: number;
  /** The file that its log goes to. */
  readonly logFile: string;
  /** Each line of its log so far, parsed. */
  lines(): readonly LogLine[];
  /** Whatever it wrote so far. */
  text(): string;
  /** Waits until its log has what is asked for. Rejects with the log where the process ends before. */
  said<T>(what: string, find: (program: Program) => T, patienceMs: number): Promise<NonNullable<Exclude<T, false>>>;
  /** Ends it with a signal; gives its exit code, or the signal that killed it. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** The processes of a run, each with its log in a file, as in production. None outlives this process. */
export class Programs {
  readonly #folder: string;
  readonly #children = new Set<ChildProcess>();
  readonly #running = new Set<Program>();
  #isOver = false;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    process.once('exit', this.kill);
  }

  /**
   * Starts a main file (a path from the root of the repository). The log is NAME.log; a second program of that name goes on in
   * the same file.
   */
  start(name: string, main: string, environment: Readonly<Record<string, string>>): Program {
    // A step that was interrupted may come to its start only now.
    if (this.#isOver) throw new Error(`${name} is not started: the run is over`);
    const logFile = path.join(this.#folder, `${name}.log`);
    const before = existsSync(logFile) ? readFileSync(logFile).length : 0;
    const file = openSync(logFile, 'a');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, main)], {
      cwd: root,
      env: { ...process.env, LOG_FORMAT: 'json', ...environment },
      stdio: ['ignore', file, file],
      // A Ctrl-C on the terminal is for the checklist alone, which then ends its programs in its own order.
      detached: true,
    });
    closeSync(file);
    this.#children.add(child);
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const text = (): string => readFileSync(logFile).subarray(before).toString();
    const program: Program = {
      pid: child.pid ?? 0,
      logFile,
      text,
      lines: () => parsed(text()),
      said: async (what, find, patienceMs) => {
        const answer = await eventually(
          what,
          () => {
            // Asked first: who has ended has said all that it had to say.
            const isGone = child.exitCode !== null || child.signalCode !== null;
            const found = find(program);
            if (found !== null && found !== undefined && found !== false) return { found };
            return isGone ? 'gone' : null;
          },
          patienceMs,
        );
        if (answer !== 'gone') return answer.found as NonNullable<Exclude<typeof answer.found, false>>;
        throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}: ${text()}`);
      },
      end: async (signal = 'SIGTERM') => {
        if (child.exitCode === null && child.signalCode === null) child.kill(signal);
        const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
        const [code, killedBy] = await exited.finally(() => clearTimeout(timer));
        this.#children.delete(child);
        this.#running.delete(program);
        return code ?? killedBy ?? 'SIGKILL';
      },
    };
    this.#running.add(program);
    return program;
  }

  /** Ends what nobody ended; nothing starts any more. */
  async endAll(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#running].map((program) => program.end()));
    process.off('exit', this.kill);
  }

  /** At once, and without waiting. */
  readonly kill = (): void => {
    for (const child of this.#children) child.kill('SIGKILL');
  };
}

function parsed(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
    } catch {
      // A line that is being written.
      return [];
    }
  });
}

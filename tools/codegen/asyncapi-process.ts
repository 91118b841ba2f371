import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Imports nothing of ours: it is loaded before everything else, so that the process runs while the rest loads.

/**
 * @asyncapi/generator with the template in asyncapi/. Loading it takes most of the time of a run, so it has a process of its
 * own, which starts before anything else is loaded and is given the document later.
 */
export class AsyncapiProcess {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'dtq-asyncapi-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ failed: boolean; output: string }>;

  constructor() {
    // The generator resolves the package npm at import and crashes where none lies beside the Node that runs. It needs it
    // only to install remote templates, so an empty package of that name will do.
    mkdirSync(path.join(this.#folder, 'global', 'npm'), { recursive: true });
    writeFileSync(path.join(this.#folder, 'global', 'npm', 'index.js'), '');
    const script = path.join(import.meta.dirname, 'run-asyncapi.ts');
    const env = { ...process.env, NODE_NO_WARNINGS: '1', NODE_PATH: path.join(this.#folder, 'global') };
    this.#child = fork(script, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    let output = '';
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve({ failed: true, output: error.message }));
      this.#child.on('close', (code) => resolve({ failed: code !== 0, output }));
    });
  }

  /** The code that the template gives for a document, or what the process said when it failed. May be called once. */
  async render(asyncapi: object): Promise<{ readonly failed: boolean; readonly text: string }> {
    const document = path.join(this.#folder, 'asyncapi.json');
    writeFileSync(document, JSON.stringify(asyncapi));
    this.#child.send({ document, target: this.#folder });
    const { failed, output } = await this.#ended;
    return { failed, text: failed ? output : readFileSync(path.join(this.#folder, 'channels.ts'), 'utf8') };
  }

  /** Ends the process, if it still runs, and removes what it left. */
  close(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

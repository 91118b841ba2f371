import type { StepResult, Watcher } from './checklist.ts';
import { stepLines } from './render.ts';

/** Shows a run as it goes: each step once it has ended and, on a terminal, what is being done at its foot. */
export class Terminal implements Watcher {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #count = 0;
  #title = '';

  constructor(write: (text: string) => void, isTerminal: boolean) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  onStart(title: string): void {
    this.#title = title;
    this.#foot(title);
  }

  onDoing(what: string): void {
    this.#foot(`${this.#title}: ${what}`);
  }

  onResult(result: StepResult): void {
    this.#count += 1;
    this.#clear();
    this.#write(`${stepLines(result, this.#count).join('\n')}\n\n`);
  }

  line(text: string): void {
    this.#clear();
    this.#write(`${text}\n`);
  }

  #foot(text: string): void {
    if (!this.#isTerminal) return;
    this.#clear();
    this.#write(`… ${text}`.slice(0, (process.stdout.columns ?? 80) - 1));
  }

  #clear(): void {
    if (this.#isTerminal) this.#write('\r\x1b[K');
  }
}

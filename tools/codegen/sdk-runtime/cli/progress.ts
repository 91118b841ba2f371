import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobStatus } from '@dtq/generated/schemas/types.ts';
import { printable, type Terminal } from './terminal.ts';

const BAR_WIDTH = 24;

/** Shows how far a job is: one line that is written over where people watch, else a line for each change. */
export class ProgressLine {
  readonly #terminal: Terminal;
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ state, progress_percent: percent, message, attempt, error_code: code }: JobStatus): void {
    const full = Math.round((percent / 100) * BAR_WIDTH);
    const bar = `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${String(percent).padStart(3)} %`;
    const again = attempt === undefined || attempt < 2 ? '' : ` (attempt ${attempt})`;
    const words = isFinal(state) ? (code ?? '') : message;
    const line = `${bar}  ${state.padEnd(9)}  ${printable(words)}${again}`.trimEnd();
    this.#isOpen = this.#terminal.isWatched;
    // Back to the beginning, and away with what stood there.
    this.#terminal.err(this.#isOpen ? `\r\u001B[2K${line.slice(0, this.#terminal.columns - 1)}` : `${line}\n`);
  }

  /** Leaves the line as it is, and goes on below it. */
  end(): void {
    if (this.#isOpen) this.#terminal.err('\n');
    this.#isOpen = false;
  }
}

/** Where the lines go: the terminal's stdout, or a list in a test. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

interface Row {
  state: string;
  detail: string;
}

/**
 * A line for each server with its state changing. On a terminal the lines are redrawn in place; elsewhere (a log, CI)
 * each change is one plain line, and nothing is drawn twice.
 */
export class Progress {
  readonly #output: Output;
  readonly #rows = new Map<string, Row>();
  #drawn = 0;

  constructor(output: Output = process.stdout) {
    this.#output = output;
  }

  /** Says that a server has come to a state; the same state and detail again are not repeated. */
  report(server: string, state: string, detail = ''): void {
    const row = this.#rows.get(server);
    if (row?.state === state && row.detail === detail) return;
    this.#rows.set(server, { state, detail });
    if (this.#output.isTTY) this.#redraw();
    else this.#output.write(`${line(server, { state, detail })}\n`);
  }

  /** A line of its own, above the servers' lines. */
  note(text: string): void {
    if (this.#output.isTTY) this.#erase();
    this.#output.write(`${text}\n`);
    if (this.#output.isTTY) this.#redraw();
  }

  #redraw(): void {
    this.#erase();
    for (const [server, row] of this.#rows) this.#output.write(`${line(server, row)}\n`);
    this.#drawn = this.#rows.size;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

function line(server: string, row: Row): string {
  return `${server.padEnd(10)}${row.state.padEnd(14)}${row.detail}`.trimEnd();
}

/** Seconds since `start` (a `performance.now()`), such as `4.2 s`. */
export function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

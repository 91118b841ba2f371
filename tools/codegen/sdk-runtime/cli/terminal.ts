/** What the program says, and to whom. Results go to standard output, everything else to standard error. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether people watch standard error, so that a line may be written over. */
  readonly isWatched: boolean;
  readonly columns: number;
  readonly readInput: () => Promise<string>;
  readonly signal: AbortSignal;
}

export function terminalOf(signal: AbortSignal): Terminal {
  const { stdout, stderr } = process;
  // Whoever reads us may have seen enough (`dtq list | head`).
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(text),
    isWatched: stderr.isTTY === true && process.env['TERM'] !== 'dumb',
    columns: stderr.columns ?? 80,
    readInput: async () => {
      let text = '';
      process.stdin.setEncoding('utf8');
      for await (const piece of process.stdin) text += piece;
      return text;
    },
    signal,
  };
}

/** Rows under their titles, as wide as what they hold. */
export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [titles, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values under each other; what is nested is written as JSON. */
export function factsOf(facts: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : printable(String(value))}`,
    )
    .join('\n');
}

/** Text of other people, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (letter) => (letter === '\n' ? ' ' : ''));
}

import type { Output } from '@dtq/infra/progress.ts';
import type { Say } from './run.ts';

/** Where no terminal redraws a line, one is written so often, in milliseconds. */
const LINE_EVERY_MS = 10_000;
const LONGEST_LINE = 110;

/** On a terminal one line that moves, below what was noted; elsewhere a line every ten seconds, and one for each new phase. */
export function sayTo(output: Output, now: () => number = () => performance.now()): Say & { end(): void } {
  let drawn = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  const erase = (): void => {
    if (drawn !== '') output.write('\r\u001b[K');
    drawn = '';
  };
  return {
    progress: (phase, words) => {
      const line = `${phase.padEnd(15)} ${words}`.slice(0, LONGEST_LINE);
      if (output.isTTY === true) {
        if (line === drawn) return;
        erase();
        output.write(line);
        drawn = line;
      } else if (now() - lastAt >= LINE_EVERY_MS) {
        lastAt = now();
        output.write(`${line}\n`);
      }
    },
    note: (words) => {
      erase();
      output.write(`${words}\n`);
    },
    end: erase,
  };
}

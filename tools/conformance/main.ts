import { writeFileSync } from 'node:fs';
import { readOptions, USAGE, WrongOption } from './options.ts';
import { headingOf, junitOf, lineOf, summaryOf } from './reports.ts';
import { runChecks } from './run-checks.ts';

// Asks an implementation, over the wire, whether it keeps the contracts. It knows the contracts (generated/) and bare drivers,
// and nothing of ours that implements them.

const COULD_NOT_ASK = 2;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const { settings, verbose, json, junit } = readOptions(args, process.env);
  const print = json ? () => undefined : (line: string): void => console.log(line);
  const status = new StatusLine(!json && process.stdout.isTTY === true);
  let heading = '';
  const report = await runChecks(settings, {
    onStart: ({ id }) => status.begin(id),
    onResult: (result, done, of) => {
      status.end(result.id);
      status.clear();
      if (headingOf(result) !== heading) print(headingOf(result));
      heading = headingOf(result);
      print(lineOf(result, verbose));
      status.show(`${done} of ${of}`);
    },
  });
  status.clear();
  if (junit !== undefined) writeFileSync(junit, junitOf(report));
  if (json) console.log(JSON.stringify(report, null, 2));
  else print(summaryOf(report));
  return report.broken + report.errors === 0 ? 0 : 1;
}

/** On a terminal, one line at its foot that says what is being asked now. */
class StatusLine {
  readonly #isShown: boolean;
  readonly #running = new Set<string>();

  constructor(isShown: boolean) {
    this.#isShown = isShown;
  }

  begin(id: string): void {
    this.#running.add(id);
  }

  end(id: string): void {
    this.#running.delete(id);
  }

  show(text: string): void {
    if (!this.#isShown || this.#running.size === 0) return;
    const line = `  … ${text}; asking ${[...this.#running].join(', ')}`;
    process.stdout.write(line.slice(0, (process.stdout.columns ?? 80) - 1));
  }

  clear(): void {
    if (this.#isShown) process.stdout.write('\r\x1b[K');
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof WrongOption) console.error(`${error.message}; --help tells all options`);
  else console.error(`it could not be asked: ${(error as Error).message}`);
  process.exitCode = COULD_NOT_ASK;
}

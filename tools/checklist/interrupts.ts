import { runMain } from '@dtq/core/main.ts';

/** What ends a program before its time; the code is what a shell reports for it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs a program's main function, which gives the exit code. Ctrl-C and its like become an abort of `signal`, so that what was
 * made is taken down, and then decide the exit code; a second one ends the process at once. `say` hears of it.
 */
export async function runInterruptible(
  name: string,
  say: (text: string) => void,
  main: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const stop = new AbortController();
  let interrupted: number | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    const code = SIGNALS[signal as keyof typeof SIGNALS];
    if (interrupted !== undefined) process.exit(code);
    interrupted = code;
    say(`${signal}: taking down what was made; once more to leave at once`);
    stop.abort();
  };
  for (const signal of Object.keys(SIGNALS)) process.on(signal, interrupt);
  await runMain(name, async () => {
    try {
      process.exitCode = await main(stop.signal);
    } catch (error) {
      // What was cut off fails, and that is no news.
      if (interrupted === undefined) throw error;
    }
    // What was cut off may still wait for something.
    if (interrupted !== undefined) process.exit(interrupted);
  });
  for (const signal of Object.keys(SIGNALS)) process.off(signal, interrupt);
}

/** So much of one failed test, and of a command that runs no tests. */
const LINES_OF_TEST = 12;
const LINES_OF_COMMAND = 40;

/**
 * What a command that failed says of it, in few lines: of a test run each test that failed, with the beginning of its error,
 * and of any other its last words.
 */
export function wordsOfFailure(output: string): readonly string[] {
  const lines = output.split('\n');
  const begins = lines.flatMap((line, at) => (/^ FAIL {2}/.test(line) ? [at] : []));
  if (begins.length === 0) return lines.filter((line) => line.trim() !== '').slice(-LINES_OF_COMMAND);
  return begins.flatMap((from, nth) =>
    lines.slice(from, Math.min(begins[nth + 1] ?? lines.length, from + LINES_OF_TEST)),
  );
}

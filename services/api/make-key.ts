import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { runMain } from '@dtq/core/main.ts';
import { KeyFileError, makeKey } from './api-keys.ts';

// npm run keys:make -- NAME ROLE,ROLE [FILE]: a new key, and the line that lets it in, which is added to FILE where one is named.

const USAGE = 'usage: npm run keys:make -- NAME ROLE,ROLE [FILE], for instance -- billing submit,read keys.txt';

await runMain('dtq', async () => {
  const [name, roles, file, ...more] = process.argv.slice(2);
  try {
    if (name === undefined || roles === undefined || more.length > 0) throw new KeyFileError(USAGE);
    const { key, line } = makeKey(name, roles.split(','));
    if (file === undefined) process.stdout.write(`line for API_KEYS_FILE: ${line}\n`);
    // Nobody else needs to read it; a file that is there keeps its mode.
    else appendFileSync(file, `${isMidLine(file) ? '\n' : ''}${line}\n`, { mode: 0o600 });
    process.stdout.write(`key, shown this once: ${key}\n`);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    process.stderr.write(`dtq: ${error.message}\n`);
    process.exitCode = 1;
  }
});

/** Whether a file ends within a line, as some editors leave it: a line that is put behind would spoil both. */
function isMidLine(file: string): boolean {
  return existsSync(file) && /[^\n]$/.test(readFileSync(file, 'utf8'));
}

import { readFileSync } from 'node:fs';
import { isSendableKey } from '../api-key.ts';

/** A key cannot be had from where it is said to be; the message says why, and nothing of what stands there. */
export class KeyNotRead extends Error {
  override name = 'KeyNotRead';
}

const NO_KEY = 'holds no key, which is one word such as dtq_billing_...';

/**
 * The key that a program is to send: what stands in `file` (`--key-file`), else in DTQ_API_KEY; undefined where there is neither.
 * Never a word of the command line, which every user of the machine can read. Throws KeyNotRead.
 */
export function readApiKey(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (file !== undefined) return keyIn(textOf(file), `--key-file: ${file}`);
  const text = environment['DTQ_API_KEY'];
  return text === undefined || text === '' ? undefined : keyIn(text, 'DTQ_API_KEY');
}

function keyIn(text: string, place: string): string {
  const key = text.trim();
  if (isSendableKey(key)) return key;
  throw new KeyNotRead(`${place} ${NO_KEY}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'no reason given';
    throw new KeyNotRead(`--key-file: ${file} cannot be read (${reason})`);
  }
}

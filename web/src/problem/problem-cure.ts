import { PROBLEMS } from '@dtq/generated/errors.ts';

/** What to do about a problem of the API; undefined for a code that is newer than the page. */
export function problemCure(code: string): string | undefined {
  return isKnown(code) ? PROBLEMS[code].cure.replaceAll('`', '') : undefined;
}

function isKnown(code: string): code is keyof typeof PROBLEMS {
  return Object.hasOwn(PROBLEMS, code);
}

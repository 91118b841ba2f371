import { randomKey } from '../api/random-key.ts';

const STORE = 'dtq.submit';

/** The key of a submit: a new one for each press, but the same for a request that was sent and never answered. */
export function keyOf(request: string): string {
  const known = read();
  if (known?.request === request) return known.key;
  const key = randomKey();
  write(JSON.stringify({ request, key }));
  return key;
}

/** The submit was answered: the next press, even of the same request, is another job. */
export function forgetKey(): void {
  write(null);
}

let kept: string | null = null;

// A reload in the middle of a submit must not make a second job, so the key outlives the page where the browser lets it.
function write(text: string | null): void {
  kept = text;
  try {
    if (text === null) sessionStorage.removeItem(STORE);
    else sessionStorage.setItem(STORE, text);
  } catch {
    // Refused: the key lasts as long as the page.
  }
}

function read(): { readonly request: string; readonly key: string } | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? kept ?? 'null') as { request: string; key: string } | null;
  } catch {
    return null;
  }
}

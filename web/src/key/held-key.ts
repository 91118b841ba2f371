import { batch, createSignal, untrack } from 'solid-js';

// The key of an API that wants one. It is kept for this tab, or by choice on this device, and goes nowhere but into the header
// of a request (api/fetch-with-key.ts).

const STORE = 'dtq.api-key';

export interface HeldKey {
  readonly text: string;
  /** Whether it is there at the next visit, and in other tabs. */
  readonly isOnDevice: boolean;
}

const [heldKey, setHeldKey] = createSignal(stored(), { equals: false });
const [refusal, setRefusal] = createSignal<'missing' | 'refused' | null>(null);
const [isAsked, setIsAsked] = createSignal(false, { equals: false });

/** The key in use, or null; whether the API did without or refused it; whether somebody is to be asked for one. */
export { heldKey, isAsked, refusal };

const waiting = new Set<(isGiven: boolean) => void>();

/** Follows the key that other tabs keep on this device. Called once. */
export function startHeldKey(): void {
  addEventListener('storage', ({ key }) => {
    if (key !== STORE && key !== null) return;
    const known = untrack(heldKey);
    const now = stored();
    if (now?.text !== known?.text) use(now);
  });
}

/** Takes a key into use; every view asks anew. */
export function keepKey(text: string, isOnDevice: boolean): void {
  write('sessionStorage', isOnDevice ? null : text);
  if (isOnDevice) write('localStorage', text);
  use({ text, isOnDevice });
}

/** Takes every key of this tab and this device out of use. */
export function forgetKey(): void {
  write('sessionStorage', null);
  write('localStorage', null);
  use(null);
}

/** Notes that the API answered 401 to a request with this key, or none; somebody is asked for another, once for each. */
export function noteRefusal(sent: string | null): void {
  untrack(() => {
    // An answer from before the key was changed says nothing of the present one.
    if (sent !== (heldKey()?.text ?? null) || refusal() !== null) return;
    setRefusal(sent === null ? 'missing' : 'refused');
    setIsAsked(true);
  });
}

export function askForKey(): void {
  setIsAsked(true);
}

/** Nobody wants to give a key now; the page says so, and asks no more by itself. */
export function dismissKey(): void {
  setIsAsked(false);
  settle(false);
}

/** Asks for a key, and waits until there is another one: true; or nobody wants to give one, or the signal aborts: false. */
export function untilKey(signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const end = (isGiven: boolean): void => {
      waiting.delete(end);
      signal?.removeEventListener('abort', stop);
      resolve(isGiven);
    };
    const stop = (): void => end(false);
    signal?.addEventListener('abort', stop);
    waiting.add(end);
    askForKey();
  });
}

function use(key: HeldKey | null): void {
  batch(() => {
    setRefusal(null);
    setIsAsked(false);
    setHeldKey(key);
  });
  settle(key !== null);
}

function settle(isGiven: boolean): void {
  for (const end of [...waiting]) end(isGiven);
}

/** The key of this tab goes before that of the device. */
function stored(): HeldKey | null {
  const [own, shared] = [read('sessionStorage'), read('localStorage')];
  if (own !== null) return { text: own, isOnDevice: false };
  return shared === null ? null : { text: shared, isOnDevice: true };
}

type Store = 'sessionStorage' | 'localStorage';

function read(store: Store): string | null {
  try {
    return window[store].getItem(STORE);
  } catch {
    return null;
  }
}

function write(store: Store, text: string | null): void {
  try {
    if (text === null) window[store].removeItem(STORE);
    else window[store].setItem(STORE, text);
  } catch {
    // Refused: the key lasts as long as the page.
  }
}

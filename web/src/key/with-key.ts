import { untrack } from 'solid-js';
import type { Outcome } from '../api/outcome.ts';
import { heldKey, untilKey } from './held-key.ts';

/**
 * Does what somebody pressed a button for. Where the API wants a key first, or another one, asks for it and then does it once
 * more; the refusal is the outcome where nobody gives one. A 401 has done nothing, so repeating it is safe.
 */
export async function withKey<T>(call: () => Promise<Outcome<T>>, signal?: AbortSignal): Promise<Outcome<T>> {
  for (;;) {
    const before = untrack(heldKey);
    const outcome = await call();
    if (outcome.kind !== 'problem' || outcome.problem.code !== 'unauthenticated') return outcome;
    const isChanged = untrack(heldKey) !== before;
    if (!isChanged && !(await untilKey(signal))) return outcome;
  }
}

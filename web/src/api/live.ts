import type { Problem } from '@dtq/generated/schemas/types.ts';
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import { heldKey } from '../key/held-key.ts';
import type { Outcome } from './outcome.ts';
import { pause, whileHidden } from './pause.ts';
import { pollDelay } from './poll-delay.ts';
import { noteReachability } from './reachability.ts';

const ANSWER_WITHIN_MS = 10_000;

/** Something that is asked for again and again. */
export interface Live<T> {
  /** The last answer; the one for the key before stays until the next comes. */
  readonly data: Accessor<T | undefined>;
  /** Whether `data` belongs to the present key. */
  readonly isCurrent: Accessor<boolean>;
  /** Why the last look told nothing; null while all is well. */
  readonly trouble: Accessor<'unreachable' | Problem | null>;
  /** Asks now. */
  refresh(): void;
}

/**
 * Asks again and again while the tab is looked at, and at once when the key changes; more and more seldom while nobody
 * answers. A problem that a later look cannot mend ends it until the next key, or until the API is asked with another key of its
 * own. Must be called inside a component.
 */
export function createLive<K, T>(
  key: Accessor<K>,
  ask: (key: K, signal: AbortSignal) => Promise<Outcome<T>>,
  intervalMs: number,
): Live<T> {
  const [data, setData] = createSignal<T>();
  const [isCurrent, setIsCurrent] = createSignal(false);
  const [trouble, setTrouble] = createSignal<'unreachable' | Problem | null>(null);
  const [turn, setTurn] = createSignal(0);

  async function follow(of: K, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      await whileHidden(signal);
      const outcome = await ask(of, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]));
      if (signal.aborted) return;
      noteReachability(outcome);
      if (outcome.kind === 'ok') {
        failures = 0;
        setTrouble(null);
        setData(() => outcome.data);
        setIsCurrent(true);
      } else {
        failures++;
        setTrouble(outcome.kind === 'problem' ? outcome.problem : 'unreachable');
        if (outcome.kind === 'problem' && outcome.problem.status < 500 && outcome.problem.status !== 429) return;
      }
      const retryAfterMs = outcome.kind === 'problem' ? outcome.retryAfterMs : 0;
      await pause(pollDelay(failures, retryAfterMs, Math.random(), intervalMs), signal);
    }
  }

  createEffect(on(key, () => setIsCurrent(false), { defer: true }));
  createEffect(
    on([key, turn, heldKey], ([of]) => {
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      void follow(of, stop.signal);
    }),
  );
  return { data, isCurrent, trouble, refresh: () => setTurn((n) => n + 1) };
}

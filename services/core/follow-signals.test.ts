import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { followSignals } from './follow-signals.ts';

const reason = new Error('a reason, made by this test');

it('a signal that follows others aborts with the first that does, and with its reason', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = followSignals(first.signal, second.signal);
  expect(signal.aborted).toBe(false);
  second.abort(reason);
  first.abort(new Error('too late'));
  expect(signal.reason).toBe(reason);
});

it('is aborted from the beginning where one is', () => {
  expect(followSignals(new AbortController().signal, AbortSignal.abort(reason)).signal.reason).toBe(reason);
});

it('can be aborted by itself, which the others do not hear of', () => {
  const other = new AbortController();
  const following = followSignals(other.signal);
  following.abort(reason);
  expect([following.signal.reason, other.signal.aborted]).toEqual([reason, false]);
});

it('leaves nothing behind once it is released', () => {
  const other = new AbortController();
  const following = followSignals(other.signal, other.signal);
  following.release();
  expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  other.abort(reason);
  expect(following.signal.aborted).toBe(false);
});

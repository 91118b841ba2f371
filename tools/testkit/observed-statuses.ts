import type { StatusStore } from '@dtq/core/ports.ts';

export interface ObservedStatuses extends StatusStore {
  /** How many watch a status now. */
  readonly watchers: () => number;
}

/** A status store of which some members may be replaced, and which counts who watches. */
export function observed(statuses: StatusStore, replaced: Partial<StatusStore> = {}): ObservedStatuses {
  let watchers = 0;
  const watch = replaced.watch ?? ((jobId, onChange) => statuses.watch(jobId, onChange));
  return {
    begin: (start) => statuses.begin(start),
    advance: (change) => statuses.advance(change),
    get: (jobId) => statuses.get(jobId),
    ...replaced,
    watch: async (jobId, onChange) => {
      const unwatch = await watch(jobId, onChange);
      watchers += 1;
      let isWatching = true;
      return async () => {
        if (isWatching) watchers -= 1;
        isWatching = false;
        await unwatch();
      };
    },
    watchers: () => watchers,
  };
}

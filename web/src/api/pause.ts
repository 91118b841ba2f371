/** Waits; ends early when the signal aborts, the browser says that the network is back, or the tab is looked at again. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const ended = new AbortController();
    const end = () => {
      clearTimeout(timer);
      ended.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { signal: ended.signal });
    addEventListener('online', end, { signal: ended.signal });
    document.addEventListener('visibilitychange', () => document.hidden || end(), { signal: ended.signal });
  });
}

/** Waits until the tab is looked at. */
export function whileHidden(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden || signal.aborted) return resolve();
    const ended = new AbortController();
    const end = () => {
      ended.abort();
      resolve();
    };
    signal.addEventListener('abort', end, { signal: ended.signal });
    document.addEventListener('visibilitychange', () => document.hidden || end(), { signal: ended.signal });
  });
}

const TICK_MS = 5000;
/** A tick that comes so late was slept through. Tabs in the background tick once a minute and are not meant. */
const SLEPT_MS = 90_000;
const HIDDEN_LONG_MS = 30_000;

/**
 * Calls back when what was open before may be dead: the network came back, the tab was in the background for long, or the
 * machine slept. Gives the function that ends it.
 */
export function onWake(callback: () => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let hiddenSince = document.hidden ? Date.now() : null;
  let last = Date.now();
  const timer = setInterval(() => {
    const slept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    if (slept) callback();
  }, TICK_MS);
  addEventListener('online', callback, { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      const wasLong = hiddenSince !== null && Date.now() - hiddenSince > HIDDEN_LONG_MS;
      hiddenSince = document.hidden ? Date.now() : null;
      if (!document.hidden && wasLong) callback();
    },
    { signal },
  );
  return () => {
    ended.abort();
    clearInterval(timer);
  };
}

import { checkParts } from './health.ts';
import type { Logger } from './log.ts';
import { type Backend, PARTS, type Part } from './ports.ts';

const LOOK_EVERY_MS = 1000;

/**
 * At a start: says which servers do not answer yet, again whenever that changes, and once that all do; then it ends by itself,
 * or when the returned function is called. Nothing waits for it: each port comes up as its server does.
 */
export function sayMissing(checks: Backend['checks'], log: Logger): () => void {
  let said: readonly Part[] = [];
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const found = await checkParts(checks);
    if (isStopped) return;
    const missing = PARTS.filter((part) => !found[part]);
    if (missing.length === 0) {
      if (said.length > 0) log.info('every server answers now');
      return;
    }
    if (missing.join() !== said.join())
      log.warn({ waits_for: missing }, 'waits for servers that do not answer, and goes on by itself when they do');
    said = missing;
    timer = setTimeout(() => void look(), LOOK_EVERY_MS).unref();
  };
  void look();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

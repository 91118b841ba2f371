import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ProviderAnswer, ProviderCall, ProviderFetch } from './provider.ts';
import { NotConnected, neverConnected, transportWords } from './transport.ts';
import { watchConnection } from './watch-connection.ts';

/** How long a provider that could not be reached is left alone, in milliseconds. */
export const LEFT_ALONE_MS = 60_000;

// Of the call's time. The rest is for the sandbox, which needs 0.3 s at most; 60 % of 5 s leaves room for a lost SYN,
// which is sent again after 1 s (RFC 6298).
const CONNECT_SHARE = 0.6;

export interface AutoOptions {
  /** The provider's own name, for the log. */
  readonly name: string;
  readonly live: ProviderFetch;
  readonly sandbox: ProviderFetch;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * The live provider, or the sandbox where the network does not reach it at all: nothing was ever connected. A provider
 * that answers with an error, breaks off or is slow is an error, as in live mode. What was found holds for LEFT_ALONE_MS;
 * then one call tries again while the others stay with the sandbox. Each change is one line in the log.
 */
export function autoFetch({ name, live, sandbox, log, clock }: AutoOptions): ProviderFetch {
  let reachable = true;
  let tryAgainAt = 0;

  const found = (now: boolean, words: string): void => {
    if (!now) tryAgainAt = clock.now() + LEFT_ALONE_MS;
    if (now === reachable) return;
    reachable = now;
    if (now) log.info({ provider: name }, `${name} ${words}: live again`);
    else
      log.warn(
        { provider: name },
        `${name} ${words}; the sandbox answers, its data is made up, next try in ${LEFT_ALONE_MS / 1000} s`,
      );
  };

  return async (call) => {
    if (!reachable) {
      if (clock.now() < tryAgainAt) return await sandbox(call);
      tryAgainAt = clock.now() + LEFT_ALONE_MS;
    }
    try {
      const answer = await connectInTime(live, call);
      found(true, 'can be reached');
      return answer;
    } catch (error) {
      if (call.signal.aborted) throw error;
      if (!neverConnected(error)) {
        found(true, 'can be reached');
        throw error;
      }
      found(false, transportWords(error));
      return await sandbox(call);
    }
  };
}

/** Rejects with NotConnected where a call has no connection after its share of time; one that has may go on. */
async function connectInTime(live: ProviderFetch, call: ProviderCall): Promise<ProviderAnswer> {
  const giveUp = new AbortController();
  const { result, connected } = watchConnection(() =>
    live({ ...call, signal: AbortSignal.any([call.signal, giveUp.signal]) }),
  );
  const timer = setTimeout(() => {
    if (!connected()) giveUp.abort(new NotConnected('no connection in time'));
  }, call.timeoutMs * CONNECT_SHARE);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

import { Unavailable } from './errors.ts';
import type { Part } from './ports.ts';

/** What a port answers, or Unavailable after `ms`: a request has a time of its own, and its caller still needs an answer. */
export async function byThen<T>(answer: Promise<T>, ms: number, part: Part): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(new Unavailable(part, 'did not answer within the request'));
  const timer = setTimeout(giveUp, Math.max(0, ms));
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

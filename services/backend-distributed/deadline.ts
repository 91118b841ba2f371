import { orLate } from '@dtq/core/by-then.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Part } from '@dtq/core/ports.ts';

/**
 * A port's answer in bounded time: as the promise settles, or Unavailable after `ms`, for no driver here can be trusted to
 * say no. What was asked goes on behind it and may still happen. An error of the driver becomes Unavailable, with the
 * driver's words as its cause alone.
 */
export function answerWithin<T>(part: Part, ms: number, what: string, promise: Promise<T>): Promise<T> {
  const answered = promise.catch((error: unknown) => {
    throw error instanceof Error && isOurs(error) ? error : new Unavailable(part, `${what} failed`, { cause: error });
  });
  return orLate(answered, ms, () => new Unavailable(part, `${what}: no answer within ${ms} ms`));
}

/** An error of the programmer, or one that says all there is to say: neither speaks of a server that is away. */
function isOurs(error: Error): boolean {
  return error instanceof Unavailable || error instanceof Defect;
}

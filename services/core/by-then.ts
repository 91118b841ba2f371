import { Unavailable } from './errors.ts';
import type { Part } from './ports.ts';

/** Timers of one length are kept together, and each further length costs; so deadlines are met to so many milliseconds. */
const GRAIN_MS = 25;

/** What a port answers, or Unavailable after about `ms`: a request has a time of its own, and its caller needs an answer. */
export function byThen<T>(answer: Promise<T>, ms: number, part: Part): Promise<T> {
  const grains = Math.ceil(Math.max(0, ms) / GRAIN_MS);
  return orLate(answer, grains * GRAIN_MS, () => new Unavailable(part, 'did not answer within the request'));
}

/** As the promise settles, or rejected after `ms`; what was asked goes on behind it. */
export function orLate<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    promise.then(
      (answer) => {
        clearTimeout(timer);
        resolve(answer);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

import { sleep } from '@dtq/core/clock.ts';
import { Defect, Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { ResultStore } from '@dtq/core/ports.ts';

// What those who keep the index of open jobs have in common: each walks through one store, slowly and again and again.

/** The pause between two steps, in milliseconds. */
const EVERY_MS = 5000;

export interface Walk<Place> {
  /** What is walked through, in words. */
  readonly what: string;
  /** Where it begins, and begins anew. */
  readonly start: Place;
  /** Takes a step after a place; gives the place that it came to, or the start at the end. */
  readonly step: (after: Place) => Promise<Place>;
  readonly log: Logger;
}

/** Walks until the signal aborts. A step that fails is taken again. Never rejects. */
export async function keepWalking<Place>({ what, start, step, log }: Walk<Place>, signal: AbortSignal): Promise<void> {
  let last = start;
  while (!signal.aborted) {
    await sleep(EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      last = await step(last);
    } catch (error) {
      if (error instanceof Unavailable) log.debug({ err: error }, `${what} is not walked through now`);
      else log.error({ err: error }, `${what} could not be walked through`);
    }
  }
}

/** Whether a job has a document. One that nobody can read tells of an end all the same. */
export async function hasEnded(jobId: string, results: Pick<ResultStore, 'get'>): Promise<boolean> {
  try {
    return (await results.get(jobId)) !== null;
  } catch (error) {
    if (error instanceof Defect) return true;
    throw error;
  }
}

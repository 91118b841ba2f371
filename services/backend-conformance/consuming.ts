import type { Backend, Consumer, Delivery, Outcome } from '@dtq/core/ports.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { onTestFinished } from 'vitest';

export interface Consuming {
  readonly consumer: Consumer;
  /** What was delivered of this test's own messages so far, in order. */
  readonly deliveries: readonly Delivery[];
}

export interface ConsumingOptions {
  readonly jobTypes?: readonly JobType[];
  readonly concurrency?: number;
  /** Whether a delivery belongs to this test. Others, left by another test, are done with. */
  readonly mine: (delivery: Delivery) => boolean;
  /** `nth` counts this test's deliveries, from 1. Done at once where it is left out. */
  readonly deliver?: (delivery: Delivery, nth: number) => Promise<Outcome>;
}

/** Consumes until the test ends. */
export async function consuming(backend: Backend, options: ConsumingOptions): Promise<Consuming> {
  const { jobTypes = ['weather'], concurrency = 16, mine, deliver } = options;
  const deliveries: Delivery[] = [];
  const consumer = await backend.queue.consume({
    jobTypes,
    concurrency: Object.fromEntries(jobTypes.map((jobType) => [jobType, concurrency])),
    deliver: (delivery) => {
      if (!mine(delivery)) return Promise.resolve(DONE);
      deliveries.push(delivery);
      return deliver?.(delivery, deliveries.length) ?? Promise.resolve(DONE);
    },
  });
  onTestFinished(() => consumer.stop(0));
  return { consumer, deliveries };
}

export const DONE: Outcome = { kind: 'done' };
export const AGAIN: Outcome = { kind: 'again' };

/** Tells the deliveries of some jobs from all others. */
export function ofJobs(...jobs: readonly { readonly job_id: string }[]): (delivery: Delivery) => boolean {
  const ids = new Set(jobs.map(({ job_id }) => job_id));
  return ({ key }) => key !== null && ids.has(key);
}

/** The payload's city of a delivery, with which a test numbers its messages. */
export function cityOf({ value }: Delivery): string {
  return (JSON.parse(new TextDecoder().decode(value)) as { payload: { city: string } }).payload.city;
}

import type { Clock } from '@dtq/core/clock.ts';
import type { Consumer, Delivery, Outcome } from '@dtq/core/ports.ts';
import { onTestFinished } from 'vitest';
import type { EmbeddedBackend } from '../backend.ts';

/** Consumes weather jobs until the running test ends. */
export async function consume(
  backend: EmbeddedBackend,
  deliver: (delivery: Delivery) => Promise<Outcome>,
  concurrency = 16,
): Promise<Consumer> {
  const consumer = await backend.queue.consume({
    jobTypes: ['weather'],
    concurrency: { weather: concurrency },
    deliver,
  });
  onTestFinished(() => consumer.stop(0));
  return consumer;
}

/** A clock that stands still until it is set. */
export function settableClock(): Clock & { set(now: number): void } {
  let now = Date.now();
  return {
    now: () => now,
    set: (value) => {
      now = value;
    },
  };
}

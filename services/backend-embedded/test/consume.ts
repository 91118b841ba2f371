import type { Clock } from '@dtq/core/clock.ts';
import type { Consumer, Delivery, Outcome } from '@dtq/core/ports.ts';
import { eventually } from '@dtq/testkit/wait.ts';
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

/** Buries what waits until so many messages are buried. */
export async function bury(backend: EmbeddedBackend, count: number): Promise<void> {
  const consumer = await consume(backend, async () => ({ kind: 'bury', reason: 'it cannot be read' }));
  await eventually('all are buried', async () => (await backend.deadLetters.list({ limit: count })).length === count);
  await consumer.stop(1000);
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

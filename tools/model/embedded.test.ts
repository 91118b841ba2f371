import { expect, it } from 'vitest';
import { BUSY_MS, embeddedPlatform } from './embedded-platform.ts';
import { runHistories, seedOf } from './histories.ts';
import { Model } from './job-model.ts';
import type { HandClock, Platform } from './platform.ts';

const STEPS = 10_000;

// Ten thousand commands of random histories: submits with keys, delays and expiries, repeated messages, crashes, slow and
// failing providers, cancels and replays, on a clock that is moved by hand. A failure prints the seed; MODEL_SEED makes the same histories again.
it(`${STEPS} steps of random histories are as the model has them, over the embedded backend`, async () => {
  const done = await runHistories({
    choice: {
      advances: [500, 20_000, 60_000, 600_000],
      delayMs: 30_000,
      expiresMs: 45_000,
      isExpiryWaitedFor: false,
      answers: ['ok', 'rejected', 'unavailable', 'busy'],
      mostCrashes: Number.POSITIVE_INFINITY,
    },
    steps: STEPS,
    longest: 60,
    open: embeddedPlatform,
    model: (platform) => new Model((platform as Platform & { clock: HandClock }).clock.now(), BUSY_MS),
    seed: seedOf(process.env),
  });
  expect(done).toBeGreaterThanOrEqual(STEPS);
}, 900_000);

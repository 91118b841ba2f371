import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { expect, it } from 'vitest';
import { BUSY_MS, distributedPlatform } from './distributed-platform.ts';
import { runHistories, seedOf } from './histories.ts';
import { Model } from './job-model.ts';

const STEPS = 300;
const MOST_CRASHES = 10;

describeWithStack('the model over the distributed backend', () => {
  it(`${STEPS} steps of random histories are as the model has them, with ${MOST_CRASHES} crashes at most`, async () => {
    const done = await runHistories({
      choice: {
        advances: [],
        delayMs: 400,
        expiresMs: 500,
        isExpiryWaitedFor: true,
        answers: ['ok', 'rejected', 'unavailable', 'busy'],
        mostCrashes: MOST_CRASHES,
      },
      steps: STEPS,
      longest: 100,
      open: distributedPlatform,
      model: () => new Model(Date.now(), BUSY_MS, Date.now),
      seed: seedOf(process.env),
    });
    expect(done).toBeGreaterThanOrEqual(STEPS);
  }, 900_000);
});

import { longestDeliveryMs } from '@dtq/core/retry.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { expect, test } from 'vitest';
import { isHopeless, nextAttemptMs } from './next-attempt.ts';

const POLICY = { attempts: 3, retry: { baseMs: 1000, capMs: 300_000 } };
const DOWN = { code: 'provider_unavailable', message: 'no' } as const;

const many = (wait: () => number | null): number[] => Array.from({ length: 200 }, () => wait() ?? Number.NaN);

test('the wait is a random part of the base, doubled with each attempt', () => {
  const first = many(() => nextAttemptMs(DOWN, 1, POLICY));
  const second = many(() => nextAttemptMs(DOWN, 2, POLICY));
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first)).toBeLessThanOrEqual(1000);
  expect(Math.max(...second)).toBeLessThanOrEqual(2000);
  expect(new Set(first).size).toBeGreaterThan(50);
});

test('what the provider asks for counts where it is longer, up to the cap', () => {
  expect(nextAttemptMs({ ...DOWN, retryAfterMs: 60_000 }, 1, POLICY)).toBe(60_000);
  expect(nextAttemptMs({ ...DOWN, retryAfterMs: 3_600_000 }, 1, POLICY)).toBe(300_000);
});

test('nobody comes before the circuit lets jobs through, and not all at once', () => {
  const waits = many(() => nextAttemptMs(DOWN, 1, POLICY, 5000));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(6000);
  expect(new Set(waits).size).toBeGreaterThan(50);
});

test.each([
  { why: 'it was the last one', failure: DOWN, attempt: 3 },
  { why: 'more were lost than it has', failure: DOWN, attempt: 5 },
  { why: 'no other can do better', failure: { code: 'city_not_found', message: 'no' } as const, attempt: 1 },
  { why: 'the fault is ours', failure: { code: 'internal_error', message: 'no' } as const, attempt: 1 },
])('none follows where $why', ({ failure, attempt }) => {
  expect(nextAttemptMs(failure, attempt, POLICY)).toBeNull();
});

test('a job is hopeless after five attempts more than it has', () => {
  expect([8, 9].map((attempt) => isHopeless(attempt, POLICY))).toEqual([false, true]);
});

test.each(JOB_TYPE_VALUES)(
  'a %s job whose provider never answers ends before its delivery counts as one that hangs',
  (jobType) => {
    const policy = JOB_POLICIES[jobType];
    const { attempts, timeoutMs, retry } = policy;
    const waits = Array.from({ length: attempts - 1 }, (_, index) => Math.min(5000, retry.baseMs * 2 ** index));
    const slowest = attempts * timeoutMs + waits.reduce((sum, ms) => sum + ms, 0);
    expect(longestDeliveryMs(policy)).toBeGreaterThanOrEqual(slowest);
  },
);

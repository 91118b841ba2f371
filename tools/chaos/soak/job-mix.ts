import type { JobPriority, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { between, pick, type Random } from '@dtq/mock/random.ts';

/** One job that is to be submitted, and what is done to it then. */
export interface PlannedJob {
  readonly body: SubmitJobRequest;
  /** Its Idempotency-Key: whoever gets no answer repeats with it. */
  readonly key: string;
  /** Submitted once more although it was accepted. */
  readonly isRepeated: boolean;
  /** How long after its acceptance it is cancelled; null for never. */
  readonly cancelAfterMs: number | null;
  /** What is asked once it was accepted. */
  readonly asks: 'status' | 'job' | null;
}

type Shares<T> = readonly (readonly [share: number, value: T])[];

/** A type that is added needs a word here for how it fails before it can be among them. */
type MixedType = 'weather' | 'exchange_rate' | 'quote' | 'github_user';

// As many of each type as its share of the workers' seats allows: the capacity is to be that of the whole.
const TYPES: Shares<MixedType> = [
  [0.6, 'weather'],
  [0.25, 'exchange_rate'],
  [0.1, 'quote'],
  [0.05, 'github_user'],
];
const PRIORITIES: Shares<JobPriority> = [
  [0.7, 'normal'],
  [0.15, 'high'],
  [0.15, 'low'],
];
const FAILING = 0.05;
const SCHEDULED = 0.05;
const EXPIRING = 0.01;
const REPEATED = 0.05;
const CANCELLED = 0.03;
const ASKED = 0.05;

const LONGEST_DELAY_MS = 5000;
/** Long enough for the longest pause of the run: a job is to be given up for its own reasons alone. */
const EXPIRES_AFTER_MS = 45_000;
const LONGEST_CANCEL_WAIT_MS = 400;

/** The next job of a run. `key` is one that no other job has. */
export function planJob(random: Random, key: string, now: number = Date.now()): PlannedJob {
  const is = (share: number): boolean => random() < share;
  const job = jobOf(drawn(random, TYPES), is(FAILING), random);
  const body: SubmitJobRequest = {
    ...job,
    priority: drawn(random, PRIORITIES),
    ...(is(SCHEDULED) ? { delay: `${Math.ceil(between(random, 1, LONGEST_DELAY_MS))}ms` } : {}),
    ...(is(EXPIRING) ? { expires_at: new Date(now + EXPIRES_AFTER_MS).toISOString() } : {}),
  };
  return {
    key,
    body,
    isRepeated: is(REPEATED),
    cancelAfterMs: is(CANCELLED) ? between(random, 0, LONGEST_CANCEL_WAIT_MS) : null,
    asks: is(ASKED) ? pick(random, ['status', 'job']) : null,
  };
}

/** Words that the sandbox knows (services/worker/providers/README.md); each fails without another attempt, but for Down. */
function jobOf(type: MixedType, fails: boolean, random: Random): SubmitJobRequest {
  switch (type) {
    case 'weather': {
      const city = fails ? pick(random, ['Nowhere', 'Rejected', 'Partial', 'Down']) : `City ${number(random)}`;
      return { job_type: type, payload: { city, units: pick(random, ['metric', 'imperial']) } };
    }
    case 'exchange_rate':
      return {
        job_type: type,
        payload: { base_currency: 'EUR', target_currency: fails ? 'XXX' : pick(random, ['USD', 'JPY', 'GBP']) },
      };
    case 'quote':
      return {
        job_type: type,
        payload: fails ? { category: 'Unheard' } : { limit: Math.ceil(between(random, 0.1, 3)) },
      };
    case 'github_user':
      return { job_type: type, payload: { username: fails ? 'Nobody' : `user-${number(random)}` } };
  }
}

function number(random: Random): number {
  return Math.floor(random() * 100_000);
}

function drawn<T>(random: Random, shares: Shares<T>): T {
  let left = random();
  for (const [share, value] of shares) {
    left -= share;
    if (left < 0) return value;
  }
  return (shares[0] as readonly [number, T])[1];
}

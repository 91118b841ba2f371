import { CANCELLED } from '@dtq/core/job-document.ts';
import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { DeadLetter, JobAccepted, JobPriority, JobType, Replay } from '@dtq/generated/schemas/types.ts';
import { type Example, endOf } from './ends.ts';
import { lastChange, type MockJob, stateOf } from './job.ts';
import { cutLife, EXPIRY_MS, lifeOf } from './life.ts';
import type { MockOptions } from './options.ts';
import { outputOf } from './output.ts';
import { between, pick, seeded, uuid } from './random.ts';

/** What is to be done, and when. Times are in milliseconds since 1970. */
export interface Submission {
  readonly job_type: JobType;
  readonly payload: object;
  readonly priority: JobPriority;
  readonly at: number;
  readonly runAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly replay_of?: string | undefined;
  /** Where an Idempotency-Key has determined it. */
  readonly job_id?: string | undefined;
  readonly example?: Example | undefined;
}

/** What an Idempotency-Key was first sent with, and answered. */
export interface KeyRecord {
  readonly fingerprint: string;
  readonly answer: JobAccepted;
}

/** More than these are forgotten, the oldest first; the mock lives in memory. */
export const MOST_JOBS = 5000;
const MOST_KEYS = 10_000;
const MOST_LETTERS = 500;
const MOST_REPLAYS = 10_000;

export const WORKERS = ['mock-worker-1', 'mock-worker-2'] as const;

/** How long a job waits for a free worker at least, in milliseconds: the least and the most. */
const TAKING: { readonly [P in JobPriority]: readonly [number, number] } = {
  high: [20, 120],
  normal: [80, 450],
  low: [300, 900],
};

/** Everything that the mock knows. */
export class Store {
  readonly #options: MockOptions;
  readonly #jobs = new Map<string, MockJob>();
  readonly #keys = new Map<string, KeyRecord>();
  readonly #letters = new Map<string, DeadLetter>();
  readonly #replays: Replay[] = [];
  /** When each place of a worker is free again, by type. */
  readonly #places = new Map<JobType, number[]>();
  #submits = 0;

  constructor(options: MockOptions) {
    this.#options = options;
  }

  /** Makes a job with its whole life. */
  submit(submission: Submission): MockJob {
    const { job_type, payload, priority, at, example, replay_of } = submission;
    const { seed, speed, failRate } = this.#options;
    this.#submits += 1;
    const random = seeded(seed, this.#submits);
    const job_id = submission.job_id ?? uuid(random);
    const trace_id = uuid(random);
    const end = endOf(job_type, random, failRate, example);
    const readyAt = submission.runAt ?? at;
    // Who asks for a job that expires need not say when.
    const expiresAt = submission.expiresAt ?? (end.code === 'expired' ? readyAt + EXPIRY_MS / speed : undefined);
    const earliest = Math.round(readyAt + between(random, ...TAKING[priority]) / speed);
    // A job that waits for its time takes no place before: which one will be free nobody can say.
    const place = submission.runAt === undefined ? this.#placeFor(job_type, earliest) : null;
    const startAt = place?.freeAt ?? earliest;
    const worker = place?.worker ?? pick(random, WORKERS);
    const plan = { jobType: job_type, submittedAt: at, runAt: submission.runAt, startAt, worker, end, speed };
    const life = lifeOf({ ...plan, expiresAt: expiresAt === undefined ? undefined : Math.ceil(expiresAt) }, random);
    place?.take(life.at(-1)?.at ?? startAt);
    const output = outputOf(job_type, payload, random);
    const listeners = new Set<() => void>();
    const facts = { job_id, trace_id, job_type, payload, priority, submittedAt: at, expiresAt, replay_of };
    const job = { ...facts, output, life, listeners };
    this.#jobs.set(job_id, job);
    if (this.#jobs.size > MOST_JOBS) this.#forgetOne(at);
    return job;
  }

  job(jobId: string): MockJob | undefined {
    return this.#jobs.get(jobId.toLowerCase());
  }

  /** Those that were submitted by now, the newest first. */
  jobs(now: number): MockJob[] {
    return [...this.#jobs.values()]
      .filter(({ submittedAt }) => submittedAt <= now)
      .sort((a, b) => b.submittedAt - a.submittedAt || (a.job_id < b.job_id ? 1 : -1));
  }

  /** Ends a job now; false where it has ended already. */
  cancel(job: MockJob, now: number): boolean {
    if (isFinal(stateOf(job, now))) return false;
    job.life = cutLife(job.life, now, CANCELLED);
    for (const listener of job.listeners) listener();
    return true;
  }

  key(key: string): KeyRecord | undefined {
    return this.#keys.get(key);
  }

  keep(key: string, record: KeyRecord): void {
    this.#keys.set(key, record);
    forgetOldest(this.#keys, MOST_KEYS);
  }

  bury(letter: DeadLetter): void {
    this.#letters.set(letter.dead_letter_id, letter);
    forgetOldest(this.#letters, MOST_LETTERS);
  }

  letter(id: string): DeadLetter | undefined {
    return this.#letters.get(id);
  }

  /** The newest first. */
  letters(): DeadLetter[] {
    return [...this.#letters.values()].sort(
      (a, b) => compare(b.buried_at, a.buried_at) || compare(b.dead_letter_id, a.dead_letter_id),
    );
  }

  record(replay: Replay): void {
    this.#replays.unshift(replay);
    this.#replays.length = Math.min(this.#replays.length, MOST_REPLAYS);
  }

  /** What was made of a job, or of a dead letter; the newest first. */
  replaysOf(source: string): Replay[] {
    return this.#replays.filter(({ replay_of }) => replay_of === source);
  }

  /** The place of a worker that is free first. A retry's wait keeps its place: the queue of a mock need not be fair. */
  #placeFor(jobType: JobType, earliest: number) {
    const places = this.#places.get(jobType) ?? Array.from({ length: JOB_POLICIES[jobType].concurrency }, () => 0);
    this.#places.set(jobType, places);
    const free = Math.min(...places);
    const index = places.indexOf(free);
    return {
      freeAt: Math.max(earliest, free),
      worker: WORKERS[index % WORKERS.length] ?? WORKERS[0],
      take: (until: number) => {
        // A job that expired may never have had it.
        places[index] = Math.max(free, until);
      },
    };
  }

  #forgetOne(now: number): void {
    const ended = [...this.#jobs.values()].find((job) => isFinal(lastChange(job, now).state));
    const oldest = ended ?? this.#jobs.values().next().value;
    if (oldest !== undefined) this.#jobs.delete(oldest.job_id);
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

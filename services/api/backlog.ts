import { byThen } from '@dtq/core/by-then.ts';
import type { Clock } from '@dtq/core/clock.ts';
import { Unavailable } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { OpenJobs, Stats } from '@dtq/core/ports.ts';
import { type ProblemAnswer, problem } from '@dtq/core/problem.ts';
import { endedPerMs } from '@dtq/core/system-report.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';

// How many jobs of a type may wait for a worker. What waits is counted in the index of open jobs, once a second at most, and
// what this process lets in meanwhile is added; other processes do the same, so that together they may go over by what they
// let in within that second. Where nobody can say how many wait, jobs are let in: the limit protects the stores from a flood,
// and must not turn a silent status store into an API that takes nothing.

const COUNTED_FOR_MS = 1000;

/** A submit waits so long at most for a count, in milliseconds, and for a first one only. */
const FIRST_COUNT_MS = 250;

/** What is said where nothing of the type has ended lately, in seconds: nobody knows. */
const UNKNOWN_WAIT_S = 60;
const LONGEST_WAIT_S = 3600;

export interface BacklogParts {
  readonly openJobs: Pick<OpenJobs, 'counts'>;
  readonly stats: Pick<Stats, 'read'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Counted {
  /** Undefined where nobody could say. */
  readonly waiting: number | undefined;
  /** How many of the type end, in jobs a millisecond; 0 where none has lately, and where nobody could say. */
  readonly perMs: number;
}

class TypeBacklog {
  counted: Counted = { waiting: undefined, perMs: 0 };
  /** Let in since what was counted was asked for. */
  admitted = 0;
  /** When it was last asked for, in ms since 1970. */
  askedAt = Number.NEGATIVE_INFINITY;
  counting: Promise<void> | null = null;
  /** Whether it was counted once, or could not be: nobody waits for a count after that. */
  wasCounted = false;
}

export class Backlog {
  readonly #parts: BacklogParts;
  readonly #most: number;
  readonly #types = new Map<JobType, TypeBacklog>();

  /** `most` jobs of a type may wait; 0 for any number. */
  constructor(parts: BacklogParts, most: number) {
    this.#parts = parts;
    this.#most = most;
  }

  /** Lets one more job of a type in, and then answers null; or the problem that says why not, and when there may be room. */
  async enter(jobType: JobType): Promise<ProblemAnswer<'backlog_full'> | null> {
    if (this.#most === 0) return null;
    const type = this.#types.get(jobType) ?? new TypeBacklog();
    this.#types.set(jobType, type);
    if (this.#parts.clock.now() - type.askedAt > COUNTED_FOR_MS) type.counting ??= this.#count(jobType, type);
    if (type.counting !== null && !type.wasCounted)
      await byThen(type.counting, FIRST_COUNT_MS, 'redis').catch(ifSilent);
    const { waiting, perMs } = type.counted;
    const excess = waiting === undefined ? 0 : waiting + type.admitted + 1 - this.#most;
    if (excess <= 0) {
      type.admitted += 1;
      return null;
    }
    const seconds = perMs === 0 ? UNKNOWN_WAIT_S : Math.ceil(excess / perMs / 1000);
    return problem(
      'backlog_full',
      { detail: `${this.#most} jobs of the type ${jobType} may wait, and so many do.` },
      Math.min(LONGEST_WAIT_S, Math.max(1, seconds)),
    );
  }

  /** Never rejects. */
  async #count(jobType: JobType, type: TypeBacklog): Promise<void> {
    const { openJobs, stats, clock, log } = this.#parts;
    type.askedAt = clock.now();
    const before = type.admitted;
    try {
      const [{ queued }, perMs] = await Promise.all([openJobs.counts(jobType), endedPerMs({ stats, clock }, jobType)]);
      // What was let in while it was counted may be in it: then it counts twice until the next count.
      type.admitted -= before;
      type.counted = { waiting: queued, perMs };
    } catch (error) {
      if (!(error instanceof Unavailable))
        log.error({ err: error, job_type: jobType }, 'the backlog cannot be counted');
      type.counted = { waiting: undefined, perMs: 0 };
    } finally {
      type.counting = null;
      type.wasCounted = true;
    }
  }
}

function ifSilent(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
}

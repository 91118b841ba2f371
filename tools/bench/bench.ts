import { type FreshSpace, freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import type { Programs } from './programs.ts';
import type { Report } from './report.ts';

/** How much is done. */
export interface Scale {
  readonly rounds: number;
  /** Of one measurement under load; its first second is not counted. */
  readonly seconds: number;
  /** Of the load that each side gets before anything is measured. */
  readonly warmUpSeconds: number;
  /** Jobs of one measurement end to end, and how many of them only warm up the worker. */
  readonly jobs: number;
  readonly warmUpJobs: number;
}

export const FULL: Scale = { rounds: 3, seconds: 4, warmUpSeconds: 3, jobs: 3000, warmUpJobs: 1000 };
export const QUICK: Scale = { rounds: 1, seconds: 2, warmUpSeconds: 2, jobs: 1000, warmUpJobs: 400 };

export interface BenchContext {
  readonly scale: Scale;
  readonly programs: Programs;
  /** Tells who waits what is being done. */
  readonly say: (words: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly run: (context: BenchContext) => Promise<Report>;
}

/** A status is kept so long: Redis holds what some rounds wrote, and not the whole run. */
const STATUS_TTL = '60s';

/** Names of its own on the servers with everything that the contracts name made there; taken away after the work. */
export async function withSpace<T>(work: (space: FreshSpace) => Promise<T>): Promise<T> {
  const fresh = freshSpace();
  const space = { ...fresh, environment: { ...fresh.environment, STATUS_TTL } };
  try {
    const config = space.config('worker');
    await deployTopology({ config, log: silentLogger() });
    await tuneMongodb(config.mongodb.database);
    return await work(space);
  } finally {
    await space.remove();
  }
}

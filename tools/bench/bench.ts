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
  /** The same where one process submits and does them. */
  readonly wholeJobs: number;
  readonly wholeWarmUpJobs: number;
}

export const FULL: Scale = {
  rounds: 3,
  seconds: 4,
  // Until V8 has compiled what runs often; a program with more code takes longer.
  warmUpSeconds: 6,
  jobs: 6000,
  warmUpJobs: 2000,
  wholeJobs: 20_000,
  wholeWarmUpJobs: 5000,
};
export const QUICK: Scale = {
  rounds: 1,
  seconds: 2,
  warmUpSeconds: 2,
  jobs: 1000,
  warmUpJobs: 400,
  wholeJobs: 4000,
  wholeWarmUpJobs: 2000,
};

export interface BenchContext {
  readonly scale: Scale;
  readonly isQuick: boolean;
  readonly programs: Programs;
  /** Whether the servers are up. Without them a bench measures what needs none. */
  readonly hasServers: boolean;
  /** Tells who waits what is being done. */
  readonly say: (words: string) => void;
}

export interface Bench {
  readonly name: string;
  /** It has nothing to measure without them. */
  readonly needsServers?: boolean;
  readonly run: (context: BenchContext) => Promise<Report>;
}

/** A status is kept so long: Redis holds what some rounds wrote, and not the whole run. */
const STATUS_TTL = '60s';

/** A database of its own on the Redis server, emptied after the work. */
export async function withRedis<T>(work: (environment: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
  const space = freshSpace();
  try {
    return await work(space.environment);
  } finally {
    await space.remove();
  }
}

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

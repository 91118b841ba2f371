import { cpuMs } from './cpu.ts';

// One process in which jobs are submitted and done: what both sides of such a measurement do alike.

export interface JobsOptions {
  /** Jobs that are measured, and those before them that only warm up. */
  readonly jobs: number;
  readonly warmUpJobs: number;
  /** Submits that are under way at once. */
  readonly inFlight: number;
  /** A server whose time on a core counts too. */
  readonly serverPid?: number | undefined;
}

/** What such a process prints. */
export interface JobsResult {
  /** From the first submit to the last end. */
  readonly doneASecond: number;
  /** From the first submit to the last acceptance. */
  readonly acceptedASecond: number;
  /** Of this process, and of the server, for each job. */
  readonly cpuUs: number;
  readonly serverCpuUs?: number | undefined;
  /** Memory of this process at the end, in MiB. */
  readonly rssMiB: number;
}

export interface JobsSide {
  /** Resolves when the job is accepted. */
  readonly submit: (number: number) => Promise<unknown>;
  /** How many have ended so far, with everything written that their ends write. */
  readonly ended: () => number | Promise<number>;
}

/** An instant provider: what both sides answer each job with. */
export const OUTPUT = { temperature: 21.5, condition: 'partly cloudy', humidity_pct: 40, wind_kph: 11.2 };

/** How often is asked whether all have ended: far below what is measured, and cheap. */
const ASK_EVERY_MS = 10;

export async function measureJobs(side: JobsSide, options: JobsOptions): Promise<JobsResult> {
  const { jobs, warmUpJobs, inFlight, serverPid } = options;
  await submitAll(side, 0, warmUpJobs, inFlight);
  await untilEnded(side, warmUpJobs);
  const [server, own, began] = [cpuMs(serverPid), process.cpuUsage(), performance.now()];
  await submitAll(side, warmUpJobs, jobs, inFlight);
  const acceptedMs = performance.now() - began;
  await untilEnded(side, warmUpJobs + jobs);
  const doneMs = performance.now() - began;
  const { user, system } = process.cpuUsage(own);
  const serverAfter = cpuMs(serverPid);
  return {
    doneASecond: (jobs * 1000) / doneMs,
    acceptedASecond: (jobs * 1000) / acceptedMs,
    cpuUs: (user + system) / jobs,
    serverCpuUs: server === undefined || serverAfter === undefined ? undefined : ((serverAfter - server) * 1000) / jobs,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
  };
}

/** So many submits, each caller's next as soon as its last is accepted. */
export async function submitAll({ submit }: JobsSide, from: number, count: number, inFlight: number): Promise<void> {
  let next = from;
  const caller = async (): Promise<void> => {
    while (next < from + count) {
      next += 1;
      await submit(next);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
}

function untilEnded({ ended }: JobsSide, count: number): Promise<void> {
  return until(async () => (await ended()) >= count);
}

export async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
}

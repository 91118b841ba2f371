import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { type Job, Queue, Worker } from 'bullmq';
import { type JobsOptions, measureJobs, OUTPUT } from '../in-process.ts';
import { BULLMQ_QUEUE as name } from './bullmq.ts';
import { connectRedis, readConfig } from './drivers.ts';

// BullMQ in one process: `add` and a worker of as many at once as ours has seats. Its first argument is what to do, as JSON.

export interface BullmqJobsOptions extends JobsOptions {
  readonly concurrency: number;
  /** Whether each job tells the progress that a job of ours has: 20, 50 and 80. */
  readonly tellsProgress: boolean;
}

const TOLD = [MILESTONES.started, MILESTONES.calling, MILESTONES.storing];
const options = JSON.parse(process.argv[2] ?? '{}') as BullmqJobsOptions;
const config = readConfig('worker');
const { concurrency, tellsProgress } = options;
const queue = new Queue(name, { connection: await connectRedis(config) });
let ended = 0;
const work = async (job: Job): Promise<object> => {
  if (tellsProgress) for (const { progress_percent } of TOLD) await job.updateProgress(progress_percent);
  return OUTPUT;
};
const worker = new Worker(name, work, { connection: await connectRedis(config), concurrency });
worker.on('completed', () => {
  ended += 1;
});
queue.on('error', (error) => console.error(error));
worker.on('error', (error) => console.error(error));
const result = await measureJobs(
  { submit: (number) => queue.add(name, { city: `City ${number}`, units: 'metric' }), ended: () => ended },
  options,
);
console.log(JSON.stringify({ result }));
process.exit(0);

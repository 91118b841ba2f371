import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { WeatherPayload } from '@dtq/generated/schemas/types.ts';
import { type Job, Worker } from 'bullmq';
import { BULLMQ_QUEUE } from './bullmq.ts';
import { connectRedis, readConfig, ready } from './drivers.ts';
import { askWeather } from './weather.ts';

// BullMQ's worker: the same calls, as many at once; it tells no progress, and keeps job and result in Redis.

const worker = new Worker(BULLMQ_QUEUE, ({ data }: Job<WeatherPayload>) => askWeather(data), {
  connection: await connectRedis(readConfig('worker')),
  concurrency: JOB_POLICIES.weather.concurrency,
});
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
ready('none');

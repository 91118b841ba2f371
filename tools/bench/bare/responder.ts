import { once } from 'node:events';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { connectRedis, rabbitmqOf, readConfig, ready } from './drivers.ts';

// Answers progress questions with what the hash holds, and with nothing more.

const config = readConfig('worker');
const { requestQueue: queue, prefetch } = config.rabbitmq;
const redis = await connectRedis(config);
const consumer = rabbitmqOf(config).createConsumer(
  {
    queue,
    queueOptions: { ...CHANNELS.progressRequests.queue },
    qos: { prefetchCount: prefetch },
    concurrency: prefetch,
    requeue: false,
  },
  async ({ body }, reply) => {
    const { job_id } = body as { job_id: string };
    const { state, progress_percent, message, updated_at } = await redis.hGetAll(jobStatusKey(job_id));
    if (state === undefined) throw new Error(`there is no ${job_id}`);
    await reply({ job_id, state, progress_percent: Number(progress_percent), message, timestamp: updated_at });
  },
);
await once(consumer, 'ready');
ready('none');

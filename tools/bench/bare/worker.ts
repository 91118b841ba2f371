import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { WeatherJobMessage } from '@dtq/generated/schemas/types.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { MongoClient } from 'mongodb';
import { connectRedis, kafkaOf, readConfig, ready } from './drivers.ts';
import { Grouped } from './grouped.ts';
import { askWeather } from './weather.ts';

// Does jobs with no more than it must: the same calls, four hashes, one document, one commit a batch; as many at once as ours.

const config = readConfig('worker');
const topic = config.kafka.topics.weather;
const ttlSeconds = Math.ceil(config.redis.statusTtlMs / 1000);

const redis = await connectRedis(config);
const mongodb = await new MongoClient(config.mongodb.uri, { writeConcern: { w: 'majority' } }).connect();
const collection = mongodb.db(config.mongodb.database).collection(config.mongodb.collection);
const documents = new Grouped<object>((items) => collection.insertMany(items, { ordered: false }), 100, 2);

let free = JOB_POLICIES.weather.concurrency;
const waiting: (() => void)[] = [];

async function limited(work: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free -= 1;
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }
}

async function writeStatus(job: WeatherJobMessage, state: string, progress_percent: number): Promise<void> {
  const { job_id, trace_id } = job;
  const key = jobStatusKey(job_id);
  const updated_at = new Date().toISOString();
  const status = { job_id, trace_id, state, progress_percent, message: state, attempt: 1, updated_at };
  await Promise.all([redis.hSet(key, status), redis.expire(key, ttlSeconds)]);
}

async function doJob(value: Buffer): Promise<void> {
  const job = JSON.parse(value.toString()) as WeatherJobMessage;
  const started_at = new Date().toISOString();
  await writeStatus(job, 'running', 20);
  await writeStatus(job, 'running', 50);
  const output = await askWeather(job.payload);
  await writeStatus(job, 'running', 80);
  const { job_id, job_type, payload: input, trace_id } = job;
  const completed_at = new Date().toISOString();
  const end = { output, final_state: 'completed', error: null, started_at, completed_at, trace_id };
  await documents.add({ schema_version: '1.0', job_id, job_type, input, ...end });
  await writeStatus(job, 'completed', 100);
}

const consumer = kafkaOf(config).consumer({ groupId: config.kafka.groupId, maxWaitTimeInMs: 500 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: 6,
  eachBatch: async ({ batch: { partition, messages } }) => {
    await Promise.all(messages.map(({ value }) => limited(() => doJob(value ?? Buffer.of()))));
    const last = messages.at(-1);
    if (last === undefined) return;
    await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last.offset) + 1n) }]);
  },
});
ready('none');

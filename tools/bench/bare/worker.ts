import { JOB_POLICIES } from '@dtq/generated/jobs/index.ts';
import type { WeatherJobMessage, WeatherOutput } from '@dtq/generated/schemas/types.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { MongoClient } from 'mongodb';
import { connectRedis, kafkaOf, readConfig, ready } from './drivers.ts';
import { Grouped } from './grouped.ts';

// Does jobs with no more than it must: the same calls, four hashes, one document, one commit a batch; as many at once as ours.

const config = readConfig('worker');
const topic = config.kafka.topics.weather;
const ttlSeconds = Math.ceil(config.redis.statusTtlMs / 1000);
const geocodingUrl = process.env['WEATHER_GEOCODING_URL'] ?? '';
const forecastUrl = process.env['WEATHER_FORECAST_URL'] ?? '';

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

async function askWeather({ payload: { city, units } }: WeatherJobMessage): Promise<WeatherOutput> {
  const found = await fetch(`${geocodingUrl}?name=${encodeURIComponent(city)}&count=10&language=en&format=json`);
  const { results } = (await found.json()) as { results: { latitude: number; longitude: number }[] };
  const at = `latitude=${results[0]?.latitude}&longitude=${results[0]?.longitude}`;
  const fields = 'temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m';
  const unit = units === 'imperial' ? 'fahrenheit' : 'celsius';
  const now = await fetch(`${forecastUrl}?${at}&current=${fields}&temperature_unit=${unit}&wind_speed_unit=kmh`);
  const { current } = (await now.json()) as { current: Record<string, number> };
  return {
    temperature: current['temperature_2m'] ?? 0,
    condition: String(current['weather_code']),
    humidity_pct: current['relative_humidity_2m'] ?? 0,
    wind_kph: current['wind_speed_10m'] ?? 0,
  };
}

async function doJob(value: Buffer): Promise<void> {
  const job = JSON.parse(value.toString()) as WeatherJobMessage;
  const started_at = new Date().toISOString();
  await writeStatus(job, 'running', 20);
  await writeStatus(job, 'running', 50);
  const output = await askWeather(job);
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

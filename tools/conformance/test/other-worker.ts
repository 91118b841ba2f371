import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { Db } from 'mongodb';
import { topicsOf } from '../kit.ts';
import type { Settings } from '../settings.ts';
import { openMongo, openRedis, type Redis } from '../wires/stores.ts';

// A worker by another hand, with bare drivers and its names spelled out: right in what the kit asks of the messages that it
// takes, until it is told to break a promise.

/** The promises that it can break. */
export type Break =
  | 'wants a schema_version'
  | 'passes unknown fields on'
  | 'keeps the last of two'
  | 'does not look at dtq-expires-at'
  | 'buries without headers'
  | 'tells nobody of a message that is no job'
  | 'stops at a message that is no job'
  | 'takes __proto__ for a field'
  | 'commits on receipt'
  | 'lists no violations'
  | 'lists no dead letters'
  | 'has a start for what never started';

export interface OtherWorker {
  /** What it breaks from now on; null for nothing. */
  breaks: Break | null;
  close(): Promise<void>;
}

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

export async function otherWorker(settings: Settings): Promise<OtherWorker> {
  const kafka = new Kafka({ brokers: String(settings.kafka).split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: `${settings.group}-weather`, maxWaitTimeInMs: 200 });
  const redis = await openRedis(String(settings.redis));
  const mongo = await openMongo(String(settings.mongo), settings.database);
  const { job: topic, dead } = topicsOf(settings, 'weather');
  const state = { breaks: null as Break | null, change: Promise.withResolvers<void>() };
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message: { key, headers, value, offset } }) => {
      const texts = Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)] as const);
      const message: Message = {
        topic,
        partition,
        offset,
        key: String(key),
        headers: Object.fromEntries(texts),
        value: value ?? Buffer.alloc(0),
      };
      const parts = { redis, database: mongo.database, dead, producer, change: state.change.promise };
      const isDone = await handle(message, state.breaks, parts);
      if (!isDone) return;
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(offset) + 1n) }]);
    },
  });
  return {
    get breaks() {
      return state.breaks;
    },
    set breaks(promise) {
      state.breaks = promise;
      state.change.resolve();
      state.change = Promise.withResolvers();
    },
    close: async () => {
      state.change.resolve();
      await consumer.disconnect();
      await producer.disconnect();
      await redis.close();
      await mongo.close();
    },
  };
}

interface Parts {
  readonly redis: Redis;
  readonly database: Db;
  readonly dead: string;
  readonly producer: Pick<Producer, 'send'>;
  /** Resolves when another promise is to be broken. */
  readonly change: Promise<void>;
}

/** Does the job, or buries what is none; true once the offset may be committed. */
async function handle(message: Message, breaks: Break | null, parts: Parts): Promise<boolean> {
  const text = message.value.toString();
  const job = read(text, breaks);
  if (job === null) {
    // Whatever comes behind it is not read either.
    if (breaks === 'stops at a message that is no job') await parts.change;
    await bury(message, breaks, parts);
    return true;
  }
  const { city } = job.payload as { city?: string };
  if (city === 'Slow') {
    const running = { state: 'running', progress_percent: '50', updated_at: now(), message: 'at work' };
    await writeStatus(parts.redis, job.job_id, running);
    return breaks === 'commits on receipt';
  }
  const expires = message.headers['dtq-expires-at'];
  const isLate = expires !== undefined && Date.parse(expires) < Date.now();
  if (isLate && breaks !== 'does not look at dtq-expires-at') await finish(job, 'expired', breaks, parts);
  else await finish(job, city === 'Nowhere' ? 'city_not_found' : null, breaks, parts);
  return true;
}

interface Job {
  readonly job_id: string;
  readonly trace_id?: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a message says to do; null for one that is no job. */
function read(text: string, breaks: Break | null): Job | null {
  if (text.includes('"__proto__"') && breaks !== 'takes __proto__ for a field') return null;
  try {
    const { job_id, trace_id, payload, schema_version } = JSON.parse(text) as Record<string, unknown>;
    if (breaks === 'wants a schema_version' && schema_version !== '1.0') return null;
    const { city, country_code, units } = payload as Record<string, unknown>;
    if (typeof job_id !== 'string' || typeof city !== 'string') return null;
    const known = { city, ...(country_code === undefined ? {} : { country_code }), units };
    return {
      job_id,
      trace_id: String(trace_id),
      payload: breaks === 'passes unknown fields on' ? (payload as Record<string, unknown>) : known,
    };
  } catch {
    return null;
  }
}

async function finish(
  { job_id, trace_id, payload }: Job,
  code: string | null,
  breaks: Break | null,
  { redis, database }: Parts,
): Promise<void> {
  const document = {
    schema_version: '1.0',
    job_id,
    job_type: 'weather',
    input: payload,
    output: code === null ? { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 } : null,
    final_state: code === null ? 'completed' : 'failed',
    started_at: now(),
    completed_at: now(),
    error: code === null ? null : { code, message: code },
    trace_id,
  };
  const results = database.collection('job_results');
  if (breaks === 'keeps the last of two') await results.replaceOne({ job_id }, document, { upsert: true });
  else {
    const isFirst = await results.insertOne(document).then(
      () => true,
      () => false,
    );
    if (!isFirst) return;
  }
  const progress_percent = code === null ? '100' : '50';
  await writeStatus(redis, job_id, {
    state: document.final_state,
    progress_percent,
    updated_at: now(),
    message: document.final_state,
    ...(code === null ? {} : { error_code: code, error_message: code }),
  });
}

async function bury(message: Message, breaks: Break | null, { redis, database, dead, producer }: Parts): Promise<void> {
  const { topic, partition, offset, key, value } = message;
  const at = now();
  const headers = {
    'dtq-reason': 'it is no job',
    'dtq-source-topic': topic,
    'dtq-source-partition': String(partition),
    'dtq-source-offset': offset,
    'dtq-buried-at': at,
  };
  const isBare = breaks === 'buries without headers';
  await producer.send({ topic: dead, messages: [{ key, value, headers: isBare ? {} : headers }] });
  const id = `${topic}:${partition}:${offset}`;
  const violations = ['/payload/city', '/payload/units', '/trace_id'].map((pointer) => ({
    pointer,
    message: 'is wrong',
  }));
  if (breaks !== 'lists no dead letters')
    await database.collection<{ _id: string }>('dead_letters').insertOne({
      _id: id,
      dead_letter_id: id,
      job_type: 'weather',
      key,
      reason: 'it is no job',
      violations: breaks === 'lists no violations' ? [] : violations,
      size: value.length,
      buried_at: at,
      headers: {},
      value_base64: value.toString('base64'),
    } as { _id: string });
  if (breaks === 'tells nobody of a message that is no job' || !value.includes(key)) return;
  const before = new Date(Date.parse(at) - 1000).toISOString();
  const document = {
    job_id: key,
    job_type: 'weather',
    input: {},
    output: null,
    final_state: 'failed',
    started_at: breaks === 'has a start for what never started' ? before : at,
    completed_at: at,
    error: { code: 'invalid_message', message: 'it is no job' },
    trace_id: randomUUID(),
  };
  await database.collection('job_results').insertOne(document);
  const status = { state: 'failed', progress_percent: '0', updated_at: at, message: 'it is no job' };
  await writeStatus(redis, key, { ...status, error_code: 'invalid_message', error_message: 'it is no job' });
}

async function writeStatus(redis: Redis, jobId: string, hash: Record<string, string>): Promise<void> {
  await redis.multi().hSet(`job:${jobId}:status`, hash).expire(`job:${jobId}:status`, 86_400).exec();
}

function now(): string {
  return new Date().toISOString();
}

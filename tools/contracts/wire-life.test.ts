import { randomUUID } from 'node:crypto';
import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import { decodeJobStatus } from '@dtq/generated/storage/job-status.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it } from 'vitest';
import {
  databaseOf,
  kafkaOf,
  producerOf,
  readTopics,
  redisOf,
  resultsOf,
  type Seen,
  type Space,
} from './wire-clients.ts';

// As wire.test.ts, for the whole life of a job: priorities, headers, schedule, index, cancels, dead letters and replays, read
// and written with bare clients, as another program does it. Everything is spelled out on purpose.

const PATIENCE_MS = 30_000;
const TIMEOUT_MS = 120_000;
const PAYLOAD = { city: 'Austin', country_code: 'US', units: 'metric' } as const;
const WEATHER = { job_type: 'weather', payload: PAYLOAD } as const;

const messageOf = (job_id: string): string =>
  JSON.stringify({
    job_id,
    job_type: 'weather',
    submitted_at: '2026-02-14T15:12:04Z',
    trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3',
    payload: PAYLOAD,
  });

function expectValid(validate: { (value: unknown): boolean; errors?: unknown }, value: unknown): void {
  expect(validate(value), `${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`).toBe(true);
}

/** Every document of every collection, held to its schema; `_id` is the field that the contract names, or the server's own. */
async function expectValidCollections(space: Space): Promise<Record<string, number>> {
  const database = databaseOf(space);
  const contracts = {
    job_results: { validate: strict.JobResult.weather, id: undefined },
    job_counts: { validate: strict.JobCount, id: 'count_id' },
    job_schedule: { validate: strict.ScheduledJob.weather, id: 'schedule_id' },
    dead_letters: { validate: strict.DeadLetter, id: 'dead_letter_id' },
    job_replays: { validate: strict.Replay, id: 'job_id' },
  } as const;
  const names = (await database.listCollections().toArray()).map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('system.') && !Object.hasOwn(contracts, name))).toEqual([]);
  const counts: Record<string, number> = {};
  for (const [name, { validate, id }] of Object.entries(contracts)) {
    const documents = await database.collection(name).find().toArray();
    counts[name] = documents.length;
    for (const { _id, ...document } of documents) {
      expectValid(validate, document);
      if (id !== undefined) expect(String(_id), name).toBe(document[id]);
    }
  }
  return counts;
}

/** Every key in Redis, held to the contract that names it. */
async function expectValidKeys(space: Space): Promise<string[]> {
  const redis = await redisOf(space);
  const keys = await redis.keys('*');
  for (const key of keys) {
    const ttl = await redis.ttl(key);
    if (/^job:[0-9a-f-]{36}:status$/.test(key)) {
      expectValid(strict.JobStatus, decodeJobStatus(await redis.hGetAll(key)));
      expect(ttl, key).toBeGreaterThan(86_000);
    } else if (/^submit:[0-9a-f]{64}$/.test(key)) {
      expectValid(strict.SubmitRecord, JSON.parse(String(await redis.get(key))));
      expect(ttl, key).toBeGreaterThan(86_000);
    } else if (/^jobs:open:weather:(?:scheduled|queued|running)$/.test(key)) {
      for (const { value, score } of await redis.zRangeWithScores(key, 0, -1)) {
        expectValid(strict.JobId, value);
        expect(Number.isSafeInteger(score), `${key} ${score}`).toBe(true);
      }
      expect(ttl, key).toBe(-1);
    } else if (/^workers:[!-~]{1,128}:report$/.test(key)) {
      expectValid(strict.WorkerReport, JSON.parse(String(await redis.get(key))));
      expect(ttl, key).toBeLessThanOrEqual(15);
      expect(ttl, key).toBeGreaterThanOrEqual(0);
    } else if (key === 'workers:seen') {
      expect(await redis.type(key)).toBe('zset');
    } else if (/^stats:(?:minute|hour):\d{13}$/.test(key)) {
      for (const [field, count] of Object.entries(await redis.hGetAll(key))) {
        expect(field).toMatch(/^weather\|(?:ended\|[a-z_]+|(?:wait|run)\|\d+)$/);
        expect(count).toMatch(/^\d+$/);
      }
      expect(ttl, key).toBeGreaterThan(10_000);
    } else {
      expect(key).toBe('jobs:open:epoch');
      expect(await redis.type(key)).toBe('string');
    }
  }
  return keys;
}

function expectValidMessage({ topic, key, headers, value }: Seen): void {
  if (topic.endsWith('.dlq')) {
    expectValid(strict.DeadLetterHeaders, headers);
    return;
  }
  expectValid(strict.JobMessageHeaders, headers);
  const message = JSON.parse(value) as { job_id: string };
  expectValid(strict.JobMessage.weather, message);
  expect(key).toBe(message.job_id);
}

describeWithStack('another program on the wire, and the whole life of a job', () => {
  it('publishes into the topic of a priority, with our headers: the worker keeps to both', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { space, client } = await startPlatform();
    const { topic } = kafkaOf(space);
    const producer = await producerOf(space);
    const [replay, late, plain] = [randomUUID(), randomUUID(), randomUUID()];
    await producer.send({
      topic: `${topic}.high`,
      messages: [
        {
          key: replay,
          value: messageOf(replay),
          headers: { 'dtq-replay-of': 'another-system:17', 'dtq-attempt': '2', 'dtq-waited-ms': '1500' },
        },
      ],
    });
    await producer.send({
      topic: `${topic}.low`,
      messages: [{ key: late, value: messageOf(late), headers: { 'dtq-expires-at': '2026-02-14T15:13:04Z' } }],
    });
    await producer.send({
      topic,
      messages: [{ key: plain, value: messageOf(plain), headers: { 'dtq-attempt': 'soon', 'x-team': 'storm' } }],
    });
    const documentOf = (job_id: string) =>
      eventually('its document stands in MongoDB', () => resultsOf(space).findOne({ job_id }), PATIENCE_MS);
    expect(await documentOf(replay)).toMatchObject({
      final_state: 'completed',
      priority: 'high',
      replay_of: 'another-system:17',
      attempts: [{ number: 2, waited_ms: 1500, outcome: 'completed' }],
    });
    expect(await documentOf(late)).toMatchObject({
      final_state: 'failed',
      priority: 'low',
      error: { code: 'expired' },
    });
    expect(await documentOf(plain)).toMatchObject({ final_state: 'completed', attempts: [{ number: 1 }] });
    const listed = await eventually('all are listed', async () => {
      const { data } = await client.listJobs({
        params: { query: { trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3' } },
      });
      return data?.jobs.length === 3 ? data.jobs : null;
    });
    expect(new Set(listed.map(({ job_id }) => job_id))).toEqual(new Set([replay, late, plain]));
  });

  it('reads where a job waits, and hears of its cancel', { timeout: TIMEOUT_MS }, async () => {
    const { space, client } = await startPlatform();
    const redis = await redisOf(space);
    const cancels: string[] = [];
    const listener = redis.duplicate();
    listener.on('error', () => undefined);
    await listener.connect();
    try {
      await listener.subscribe('jobs:cancels', (job_id) => void cancels.push(job_id));
      const { data } = await client.submitJob({ body: { ...WEATHER, delay: '1h', priority: 'low' } });
      const job_id = String(data?.job_id);
      const row = await databaseOf(space)
        .collection<{ _id: string }>('job_schedule')
        .findOne({ _id: `${job_id}:run` });
      expect(row).toMatchObject({
        schedule_id: `${job_id}:run`,
        kind: 'run',
        job_id,
        job_type: 'weather',
        priority: 'low',
        attempt: 1,
        due_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        message: { job_id, payload: PAYLOAD, trace_id: data?.trace_id },
      });
      expect(await redis.zScore('jobs:open:weather:scheduled', job_id)).toBe(Date.parse(String(data?.submitted_at)));
      expect((await client.cancelJob({ params: { path: { job_id } } })).response.status).toBe(202);
      await eventually('the cancel is told', () => cancels.includes(job_id));
      expect(await redis.zScore('jobs:open:weather:scheduled', job_id)).toBeNull();
      expect(await resultsOf(space).findOne({ job_id })).toMatchObject({
        final_state: 'failed',
        error: { code: 'cancelled' },
      });
    } finally {
      listener.destroy();
    }
  });

  it('finds everything in every topic, key and collection as the contract prints it', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { space, client } = await startPlatform();
    const { topic } = kafkaOf(space);
    const topics = [topic, `${topic}.high`, `${topic}.low`, `${topic}.dlq`];
    const seen = await readTopics(space, topics);
    const submit = async (more: object = {}): Promise<string> => {
      const { data, error } = await client.submitJob({ body: { ...WEATHER, ...more } });
      expect(error).toBeUndefined();
      return String(data?.job_id);
    };
    const expires_at = new Date(Date.now() + 7_200_000).toISOString();
    const done = [await submit(), await submit({ priority: 'high', expires_at }), await submit({ priority: 'low' })];
    const failed = await submit({ payload: { city: 'Nowhere', units: 'metric' } });
    const waiting = await submit({ delay: '1h', expires_at });
    const header = { 'Idempotency-Key': 'order-2026-0017' };
    const keyed = String((await client.submitJob({ body: WEATHER, params: { header } })).data?.job_id);
    const bad = '{"job_id": "no id", "payload": {"city": 7}}';
    await (await producerOf(space)).send({
      topic,
      messages: [{ key: 'no id', value: bad, headers: { 'x-team': 'storm' } }],
    });

    for (const job_id of [...done, failed, keyed])
      await eventually('it ended', () => resultsOf(space).findOne({ job_id }), PATIENCE_MS);
    const { data: report } = await client.replayJobs({ body: { filter: { job_ids: [failed] } } });
    const again = String(report?.replays[0]?.job_id);
    await eventually('the replay ended', () => resultsOf(space).findOne({ job_id: again }), PATIENCE_MS);
    const letter = await eventually(
      'the bad message is among the dead letters',
      () => databaseOf(space).collection('dead_letters').findOne(),
      PATIENCE_MS,
    );
    expect(Buffer.from(String(letter['value_base64']), 'base64').toString()).toBe(bad);
    expect(letter['dead_letter_id']).toMatch(new RegExp(`^${topic.replaceAll('.', String.raw`\.`)}:\\d+:\\d+$`));
    expect(letter).toMatchObject({ key: 'no id', headers: { 'x-team': 'storm' }, size: bad.length });

    await eventually(
      'every topic is read',
      () => topics.every((name) => seen.some((one) => one.topic === name)),
      PATIENCE_MS,
    );
    await eventually('every message is read', () => seen.length >= done.length + 4, PATIENCE_MS);
    const ours = seen.filter(({ value, topic: name }) => value !== bad || name.endsWith('.dlq'));
    for (const one of ours) expectValidMessage(one);
    expect(ours.find(({ topic: name }) => name.endsWith('.dlq'))?.value).toBe(bad);
    const keyOf = (suffix: string) => ours.find(({ topic: name }) => name === `${topic}${suffix}`)?.key;
    expect([keyOf('.high'), keyOf('.low')]).toEqual([done[1], done[2]]);

    // Counts come a moment later; so goes the row that would have given up the job that was started.
    const counts = await eventually('the counts are kept, and the one row is gone', async () => {
      const found = await expectValidCollections(space);
      return (found['job_counts'] ?? 0) >= 2 && found['job_schedule'] === 2 ? found : null;
    });
    expect(counts).toMatchObject({ job_results: 6, dead_letters: 1, job_replays: 1 });
    const keys = await expectValidKeys(space);
    expect(keys).toEqual(expect.arrayContaining(['jobs:open:weather:scheduled', `job:${waiting}:status`]));
    expect(keys.filter((key) => key.startsWith('submit:'))).toHaveLength(1);
  });
});

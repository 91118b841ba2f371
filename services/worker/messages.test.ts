import { aJob } from '@dtq/backend-conformance/samples.ts';
import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { PLAIN } from '@dtq/core/envelope.ts';
import { factsOf } from '@dtq/core/job-facts.ts';
import { encodeJobMessage } from '@dtq/core/job-message.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { DeadLetter, JobPriority } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { startTestWorker } from './test/start-worker.ts';

// What a worker makes of messages that anybody may have put into a topic.

interface Message {
  readonly key: string | null;
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly priority?: JobPriority;
}

async function put({ queue }: EmbeddedBackend, { key, value, headers = {}, priority }: Message): Promise<void> {
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(JSON.stringify(value));
  await queue.put('weather', { key, value: bytes, headers }, priority);
}

const buried = ({ deadLetters }: EmbeddedBackend): Promise<DeadLetter> =>
  eventually('it is buried', async () => {
    const [first] = await deadLetters.list({ limit: 1 });
    return first === undefined ? null : await deadLetters.get(first.dead_letter_id);
  });

describe('a message that is no job', () => {
  it.each(['high', 'normal', 'low'] as const)(
    'from the topic of %s priority is buried with all that is wrong, and its sender sees why',
    async (priority) => {
      const worker = await startTestWorker();
      const job = aJob();
      const value = { ...job, payload: { city: '', units: 'kelvin' } };
      await put(worker.backend, { key: job.job_id, value, priority });
      const letter = await buried(worker.backend);
      expect(letter).toMatchObject({
        job_id: job.job_id,
        trace_id: job.trace_id,
        key: job.job_id,
        job_type: 'weather',
      });
      expect(letter.violations.map(({ pointer }) => pointer).sort()).toEqual([
        '/payload/city',
        '/payload/city',
        '/payload/units',
      ]);
      expect(JSON.parse(Buffer.from(letter.value_base64, 'base64').toString())).toEqual(value);
      const document = await worker.ended(job.job_id);
      expect(document).toMatchObject({
        final_state: 'failed',
        input: {},
        error: { code: 'invalid_message', message: letter.reason },
        trace_id: job.trace_id,
        priority,
      });
      expect(document.started_at).toBe(document.completed_at);
      expect(await worker.backend.statuses.get(job.job_id)).toMatchObject({ error_code: 'invalid_message' });
    },
  );

  it('of another type is refused by the type of its topic', async () => {
    const { backend, ended } = await startTestWorker();
    const job = { ...aJob(), job_type: 'quote' };
    await put(backend, { key: job.job_id, value: job });
    expect((await buried(backend)).violations).toContainEqual({
      pointer: '/job_type',
      message: 'must be "weather", not "quote"',
    });
    expect((await ended(job.job_id)).error?.code).toBe('invalid_message');
  });

  it("under another's key fails nobody's job", async () => {
    const worker = await startTestWorker();
    const { backend } = worker;
    const job = aJob();
    await put(backend, { key: aJob().job_id, value: { ...job, payload: {} } });
    expect(await buried(backend)).toMatchObject({ job_id: job.job_id });
    expect(await backend.results.get(job.job_id)).toBeNull();
    await backend.queue.publish(job);
    expect((await worker.ended(job.job_id)).final_state).toBe('completed');
  });

  it('is told to a sender that has written its status itself', async () => {
    const worker = await startTestWorker();
    const job = aJob();
    const { job_id } = job;
    await worker.backend.statuses.advance({ job_id, attempt: 1, updated_at: job.submitted_at, ...MILESTONES.queued });
    await put(worker.backend, { key: job_id, value: { ...job, payload: {} } });
    const { reason } = await buried(worker.backend);
    expect((await worker.ended(job_id)).error).toEqual({ code: 'invalid_message', message: reason });
  });

  it('of a job that is known already does not touch it', async () => {
    const worker = await startTestWorker();
    const job = aJob();
    await worker.backend.queue.publish(job);
    const document = await worker.ended(job.job_id);
    await put(worker.backend, { key: job.job_id, value: { ...job, payload: {} } });
    await buried(worker.backend);
    expect(await worker.backend.results.get(job.job_id)).toEqual(document);
  });

  it('with the id of a job of ours that waits does not touch it', async () => {
    const worker = await startTestWorker();
    const job = aJob();
    const facts = factsOf(job, PLAIN);
    await worker.backend.statuses.advance({ ...facts, attempt: 1, updated_at: job.submitted_at, ...MILESTONES.queued });
    await put(worker.backend, { key: job.job_id, value: { ...job, payload: {} } });
    await worker.backend.queue.publish(job);
    expect((await worker.ended(job.job_id)).final_state).toBe('completed');
    expect(await buried(worker.backend)).toMatchObject({ job_id: job.job_id });
  });

  it('and no JSON is buried without violations', async () => {
    const { backend } = await startTestWorker();
    await put(backend, { key: null, value: new TextEncoder().encode('{"job_id":') });
    expect(await buried(backend)).toMatchObject({
      key: null,
      violations: [],
      reason: expect.stringMatching(/is not JSON/),
    });
  });
});

describe('a message that is too long', () => {
  it('is refused without being read, and tells its size to whoever has its key', async () => {
    const worker = await startTestWorker({ environment: { WORKER_MAX_MESSAGE_BYTES: '1024' } });
    const job = aJob();
    const value = Buffer.concat([encodeJobMessage(job), Buffer.alloc(1024, ' ')]);
    await put(worker.backend, { key: job.job_id, value });
    const reason = `the message is ${value.byteLength} bytes long, and at most 1024 are read`;
    expect(await buried(worker.backend)).toMatchObject({
      reason,
      job_id: job.job_id,
      violations: [],
      size: value.byteLength,
    });
    expect((await worker.ended(job.job_id)).error).toEqual({ code: 'invalid_message', message: reason });
  });

  it('goes where it is no longer than is read, to the byte', async () => {
    const worker = await startTestWorker({ environment: { WORKER_MAX_MESSAGE_BYTES: '1024' } });
    const job = aJob();
    const message = encodeJobMessage(job);
    await put(worker.backend, {
      key: job.job_id,
      value: Buffer.concat([message, Buffer.alloc(1024 - message.length, ' ')]),
    });
    expect((await worker.ended(job.job_id)).final_state).toBe('completed');
  });
});

describe('a message of a newer producer', () => {
  it('is done although it has fields and headers that nobody knows yet; they go no further', async () => {
    const worker = await startTestWorker();
    const job = aJob();
    await put(worker.backend, {
      key: job.job_id.toUpperCase(),
      value: { ...job, region: 'eu', payload: { ...job.payload, altitude: 5 }, job_id: job.job_id.toUpperCase() },
      headers: { 'dtq-region': 'eu', 'dtq-attempt': '2', 'dtq-waited-ms': '6000', 'dtq-replay-of': job.job_id },
    });
    const document = await worker.ended(job.job_id);
    expect(document).toMatchObject({
      final_state: 'completed',
      input: job.payload,
      replay_of: job.job_id,
      attempts: [{ number: 2, waited_ms: 6000, outcome: 'completed' }],
    });
    expect(JSON.stringify(document)).not.toMatch(/region|altitude/);
  });

  it('is done although its headers break the contract', async () => {
    const worker = await startTestWorker();
    const job = aJob();
    const headers = { 'dtq-attempt': '-1', 'dtq-waited-ms': 'long', 'dtq-expires-at': 'soon', 'dtq-replay-of': '' };
    await put(worker.backend, { key: job.job_id, value: job, headers });
    const document = await worker.ended(job.job_id);
    expect(document).toMatchObject({ final_state: 'completed', attempts: [{ number: 1, waited_ms: 0 }] });
    expect(document.replay_of).toBeUndefined();
  });

  it('is done although it waited for longer than a record takes, and was submitted and expires in a leap second', async () => {
    const worker = await startTestWorker();
    const job = { ...aJob(), submitted_at: '2016-12-31T23:59:60Z' };
    const headers = { 'dtq-waited-ms': '9999999999', 'dtq-expires-at': '2126-12-31T23:59:60Z' };
    await put(worker.backend, { key: job.job_id, value: job, headers });
    expect(await worker.ended(job.job_id)).toMatchObject({
      final_state: 'completed',
      submitted_at: '2016-12-31T23:59:59.000Z',
      attempts: [{ waited_ms: 2_592_000_000 }],
    });
  });
});

import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from '@dtq/testkit/otlp-receiver.ts';
import { type Program, startProgram } from '@dtq/testkit/program.ts';
import { scrape } from '@dtq/testkit/scrape.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { kafkaOf, readTopics, resultsOf } from './wire-clients.ts';

// One job, followed through all parts by what real processes tell of it: spans, log lines, metrics, message and document.

const TIMEOUT_MS = 120_000;
const AUSTIN = { job_type: 'weather', payload: { city: 'Austin', country_code: 'US', units: 'metric' } } as const;

interface Observed {
  readonly client: Client;
  readonly receiver: OtlpReceiver;
  /** Who answers requests, and who does jobs; one program may be both. */
  readonly api: Program;
  readonly worker: Program;
  readonly services: { readonly api: string; readonly worker: string };
}

const hex = (traceId: string): string => traceId.replaceAll('-', '');

function only(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found, `${name} among ${spans.map((span) => span.name).join(', ')}`).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

async function submitted({ client }: Observed, body: object = {}): Promise<{ job_id: string; trace_id: string }> {
  const { data, error } = await client.submitJob({ body: { ...AUSTIN, ...body } });
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

async function ended({ client }: Observed, job_id: string): Promise<Readonly<Record<string, unknown>>> {
  return eventually(
    `${job_id} has ended`,
    async () => {
      const { data } = await client.getJob({ params: { path: { job_id } } });
      return data !== undefined && 'final_state' in data ? data : null;
    },
    30_000,
  );
}

const OF_A_JOB = [
  'submitJob',
  'accept weather',
  'process weather',
  'attempt weather',
  'call open-meteo',
  'store result',
];

/** Does one job, asks for its progress, and holds all that is told of it together; gives the job. */
async function follow(observed: Observed): Promise<{ job_id: string; trace_id: string }> {
  const { client, receiver, api, worker, services } = observed;
  const before = { api: await scrape(api.url), worker: await scrape(worker.url) };
  const job = await submitted(observed);
  const { job_id, trace_id } = job;
  expect(await ended(observed, job_id)).toMatchObject({ final_state: 'completed', trace_id });
  expect((await client.getJobStatus({ params: { path: { job_id } } })).data).toMatchObject({ state: 'completed' });

  // Spans: one trace, whose id is the trace_id, from the request to the document.
  const spans = await receiver.trace(hex(trace_id), OF_A_JOB);
  const [request, accept, process, attempt] = OF_A_JOB.slice(0, 4).map((name) => only(spans, name)) as [
    ReceivedSpan,
    ReceivedSpan,
    ReceivedSpan,
    ReceivedSpan,
  ];
  const calls = spans.filter(({ name }) => name === 'call open-meteo');
  expect(calls).toHaveLength(2);
  expect([request, accept, process, attempt].map(({ parentSpanId }) => parentSpanId)).toEqual([
    '',
    request.spanId,
    accept.spanId,
    process.spanId,
  ]);
  for (const call of calls) expect(call.parentSpanId).toBe(attempt.spanId);
  expect(only(spans, 'store result').parentSpanId).toBe(process.spanId);
  expect(spans.map(({ kind }) => kind).toSorted()).toEqual([1, 2, 3, 3, 3, 4, 5]);
  for (const span of spans) expect(span).toMatchObject({ status: 0, attributes: { 'dtq.trace_id': trace_id } });
  for (const span of [accept, process]) expect(span.attributes).toMatchObject({ 'dtq.job_id': job_id });
  expect([request, accept].map(({ service }) => service)).toEqual([services.api, services.api]);
  expect([process, attempt, ...calls].map(({ service }) => service)).toEqual(Array(4).fill(services.worker));

  // The question and its answer, over RabbitMQ, are a trace of their own: another request.
  const asked = await eventually(
    'the question was seen',
    () => receiver.spans.find((span) => span.name === 'answer progress' && span.attributes['dtq.job_id'] === job_id),
    30_000,
  );
  const progress = await receiver.trace(asked.traceId, ['getJobStatus', 'ask progress', 'answer progress']);
  const [status, ask] = [only(progress, 'getJobStatus'), only(progress, 'ask progress')];
  expect([ask.parentSpanId, asked.parentSpanId]).toEqual([status.spanId, ask.spanId]);
  expect([ask.service, asked.service]).toEqual([services.api, services.worker]);

  // Log lines, of both, carry both ids.
  for (const { log } of [api, worker]) {
    const lines = log.filter((line) => line['job_id'] === job_id);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatchObject({ job_id, trace_id });
  }

  // Metrics: it was counted at each step, once.
  const after = await eventually('its end is counted', async () => {
    const now = { api: await scrape(api.url), worker: await scrape(worker.url) };
    const end = now.worker.value('dtq_jobs_ended_total', { job_type: 'weather', outcome: 'completed' });
    return end === before.worker.value('dtq_jobs_ended_total', { job_type: 'weather', outcome: 'completed' })
      ? null
      : now;
  });
  const grew = (who: 'api' | 'worker', name: string, labels: Readonly<Record<string, string>>): number =>
    (after[who].value(name, labels) ?? 0) - (before[who].value(name, labels) ?? 0);
  expect({
    accepted: grew('api', 'dtq_jobs_accepted_total', { job_type: 'weather', priority: 'normal' }),
    submits: grew('api', 'dtq_http_request_duration_seconds_count', { operation: 'submitJob', status: '202' }),
    statuses: grew('api', 'dtq_http_request_duration_seconds_count', { operation: 'getJobStatus', status: '200' }),
    attempts: grew('worker', 'dtq_attempts_total', { job_type: 'weather', outcome: 'completed' }),
    ended: grew('worker', 'dtq_jobs_ended_total', { job_type: 'weather', outcome: 'completed' }),
    waits: grew('worker', 'dtq_job_wait_seconds_count', { job_type: 'weather' }),
    runs: grew('worker', 'dtq_job_run_seconds_count', { job_type: 'weather' }),
    calls: grew('worker', 'dtq_provider_call_duration_seconds_count', { provider: 'sandbox', outcome: 'ok' }),
  }).toEqual({ accepted: 1, submits: 1, statuses: 1, attempts: 1, ended: 1, waits: 1, runs: 1, calls: 2 });
  expect(after.worker.value('dtq_circuit_state', { job_type: 'weather' })).toBe(0);
  for (const who of [after.api, after.worker]) {
    for (const part of ['kafka', 'redis', 'rabbitmq', 'mongodb']) expect(who.value('dtq_part_up', { part })).toBe(1);
    expect(who.value('dtq_workers')).toBe(1);
    expect(who.value('dtq_jobs_oldest_waiting_seconds', { job_type: 'weather' })).toBe(0);
  }
  return job;
}

/** A job that waits for its time: the schedule hands its trace on. */
async function followLater(observed: Observed): Promise<void> {
  const { job_id, trace_id } = await submitted(observed, { delay: '1s' });
  await ended(observed, job_id);
  const spans = await observed.receiver.trace(hex(trace_id), [...OF_A_JOB, 'schedule run weather']);
  const run = only(spans, 'schedule run weather');
  expect(run.parentSpanId).toBe(only(spans, 'accept weather').spanId);
  expect(only(spans, 'process weather').parentSpanId).toBe(run.spanId);
}

/** Of many, each has a trace of its own, tied to the request by a link. */
async function followMany({ client, receiver }: Observed): Promise<void> {
  const { data } = await client.submitJobs({ body: { jobs: [AUSTIN, AUSTIN] } });
  for (const { body } of data?.results ?? []) {
    if (!('job_type' in body)) throw new Error(JSON.stringify(body));
    const spans = await receiver.trace(hex(body.trace_id), ['accept weather', 'process weather']);
    const accept = only(spans, 'accept weather');
    expect(accept.parentSpanId).toBe('');
    const [link] = accept.links;
    expect(receiver.spans.find(({ spanId }) => spanId === link?.spanId)?.name ?? 'submitJobs').toBe('submitJobs');
  }
}

/** A job that fails: which step did, and with what code, stands in the spans; nothing of what it was about does. */
async function followFailure(observed: Observed): Promise<void> {
  const { job_id, trace_id } = await submitted(observed, { payload: { city: 'Nowhere', units: 'metric' } });
  expect(await ended(observed, job_id)).toMatchObject({ error: { code: 'city_not_found' } });
  const spans = await observed.receiver.trace(hex(trace_id), ['attempt weather', 'store result']);
  expect(only(spans, 'attempt weather')).toMatchObject({ status: 2, attributes: { 'error.type': 'city_not_found' } });
  expect(JSON.stringify(observed.receiver.spans)).not.toContain('Nowhere');
}

describe('one job, followed through one process', () => {
  it(
    'by spans, log lines, metrics and its document',
    async () => {
      const receiver = await otlpReceiver();
      const program = await startProgram('services/standalone/main.ts', {
        DTQ_DATA_DIR: freshFolder(),
        OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.endpoint}/`,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
        OTEL_SERVICE_NAME: 'dtq-of-this-test',
      });
      const services = { api: 'dtq-of-this-test', worker: 'dtq-of-this-test' };
      const client = createClient({ baseUrl: program.url });
      const observed: Observed = { client, receiver, api: program, worker: program, services };
      await ended(observed, await firstJob(observed));
      await follow(observed);
      await followLater(observed);
      await followMany(observed);
      await followFailure(observed);
      expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer of-the-collector' });
      expect(program.output()).not.toContain('of-the-collector');
    },
    TIMEOUT_MS,
  );

  it(
    'goes on in the trace of a caller where callers are trusted, and begins one where that is malformed',
    async () => {
      const receiver = await otlpReceiver();
      const program = await startProgram('services/standalone/main.ts', {
        DTQ_DATA_DIR: freshFolder(),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        API_TRUST_TRACEPARENT: 'on',
      });
      const submit = async (traceparent: string): Promise<string> => {
        const answer = await fetch(new URL('/v1/jobs', program.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json', traceparent },
          body: JSON.stringify(AUSTIN),
        });
        expect(answer.status, traceparent).toBe(202);
        return String(((await answer.json()) as Record<string, unknown>)['trace_id']);
      };
      const [theirs, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
      const traceId = await submit(`00-${theirs}-${span}-01`);
      const spans = await receiver.trace(theirs, OF_A_JOB);
      expect(only(spans, 'submitJob').parentSpanId).toBe(span);
      for (const one of spans) expect(one.attributes).toMatchObject({ 'dtq.trace_id': traceId });
      for (const malformed of [
        'x',
        `00-${'0'.repeat(32)}-${span}-01`,
        `00-${theirs}-${'0'.repeat(16)}-01`,
        `00-${theirs.toUpperCase()}-${span}-01`,
        `ff-${theirs}-${span}-01`,
        `00-${theirs}-${span}-01-more`,
        'a'.repeat(4000),
      ])
        await receiver.trace(hex(await submit(malformed)), ['submitJob', 'process weather']);
    },
    TIMEOUT_MS,
  );
});

describe('a collector that is away', () => {
  it(
    'costs no job, no stop, and one line of the log',
    async () => {
      const program = await startProgram('services/standalone/main.ts', {
        DTQ_DATA_DIR: freshFolder(),
        // The port of discard, where nobody listens.
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      });
      const observed = { client: createClient({ baseUrl: program.url }) } as Observed;
      for (let count = 0; count < 3; count += 1) await ended(observed, (await submitted(observed)).job_id);
      const complaints = (): unknown[] =>
        program.log.filter(({ msg }) => String(msg).startsWith('spans cannot be sent'));
      await eventually('it says so', () => complaints().length > 0, 30_000);
      expect(await program.end()).toBe(0);
      expect(complaints()).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

/** `npm start` does a job of its own at first. */
async function firstJob({ client }: Observed): Promise<string> {
  return eventually('the first job is there', async () => {
    const { data } = await client.listJobs({});
    return data?.jobs[0]?.job_id;
  });
}

describeWithStack('one job, followed through all servers', () => {
  it(
    'by spans, log lines, metrics, its message and its document',
    async () => {
      const receiver = await otlpReceiver();
      const { space, client, api, worker } = await startPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
      const observed: Observed = { client, receiver, api, worker, services: { api: 'dtq-api', worker: 'dtq-worker' } };
      const { job_id, trace_id } = await follow(observed);
      const seen = await readTopics(space, [kafkaOf(space).topic]);
      const message = await eventually('its message', () => seen.find(({ key }) => key === job_id), 30_000);
      expect(JSON.parse(message.value)).toMatchObject({ job_id, trace_id });
      const accept = receiver.spans.find(({ name, traceId }) => name === 'accept weather' && traceId === hex(trace_id));
      expect(message.headers['traceparent']).toBe(`00-${hex(trace_id)}-${accept?.spanId}-01`);
      expect(await resultsOf(space).findOne({ job_id })).toMatchObject({ trace_id });
      const { value } = await eventually('the lag is told', async () => {
        const found = await scrape(worker.url);
        return found.value('dtq_queue_lag_messages', { job_type: 'weather' }) === 0 ? found : null;
      });
      expect(value('dtq_queue_lag_seconds', { job_type: 'weather', priority: 'normal' })).toBe(0);
      expect(value('dtq_pool_limit', { pool: 'mongodb_connections' })).toBe(20);
      await followLater(observed);
      await followMany(observed);
      await followFailure(observed);
    },
    TIMEOUT_MS,
  );
});

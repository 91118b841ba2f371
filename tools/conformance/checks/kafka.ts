import { randomUUID } from 'node:crypto';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, shown, valid } from '../check.ts';
import type { Kit } from '../kit.ts';
import { topicsOf } from '../kit.ts';
import { jobMessage } from '../schemas.ts';
import type { TopicMessage } from '../wires/kafka.ts';
import { documentOf, json } from './answers.ts';
import { buried, completedForeign, endedForeign, foreignMessage, message, poison, publish } from './foreign.ts';

const topics = (kit: Kit) => topicsOf(kit.settings, kit.settings.job.job_type);

/** Submits a job and waits for its message, wherever that stands in its topic. */
async function submitted(
  kit: Kit,
  topic: string,
  more: object = {},
): Promise<{ jobId: string; traceId: string; found: TopicMessage }> {
  await kit.kafka();
  const { job_id, trace_id } = await kit.submit(kit.settings.job, more);
  const found = await message(
    kit,
    topic,
    `the message of ${job_id}`,
    ({ key, value }) => key === job_id || value.includes(job_id),
  );
  return { jobId: job_id, traceId: trace_id, found };
}

const parsed = (found: TopicMessage): Record<string, unknown> =>
  JSON.parse(found.value.toString()) as Record<string, unknown>;

export const KAFKA_CHECKS: readonly Check[] = [
  {
    id: 'kafka.topics',
    title: 'each job type has its topic, and it keeps 30 days',
    promise: '## 2. Kafka: topic `jobs.{job_type}.v1` … Job topics keep 30 days.',
    needs: ['kafka'],
    run: async (kit, note) => {
      const names = JOB_TYPE_VALUES.map((jobType) => topicsOf(kit.settings, jobType).job);
      const found = await (await kit.kafka()).configuration(names);
      const expected = CHANNELS.weatherJobs.kafka.configuration;
      for (const name of names) {
        const configuration = found.get(name);
        hold(configuration !== undefined, `there must be a topic ${name}`);
        for (const [setting, value] of Object.entries(expected))
          same(configuration[setting], value, `${setting} of ${name}`);
      }
      note(names.join(', '));
    },
  },
  {
    id: 'kafka.message',
    title: 'an accepted job is a message of the contract, and nothing more',
    promise: 'Required: `job_id, job_type, submitted_at, payload, trace_id`. … we always write `"1.0"`.',
    needs: ['kafka'],
    run: async (kit, note) => {
      const { jobId, traceId, found } = await submitted(kit, topics(kit).job);
      const body = valid(jobMessage(kit.settings.job.job_type), parsed(found), 'the message');
      same(body.schema_version, '1.0', 'its schema_version');
      same([body.job_id, body.trace_id], [jobId, traceId], 'its job_id and trace_id');
      same(body.payload, kit.settings.job.payload, 'its payload');
      note(found.value.toString());
    },
  },
  {
    id: 'kafka.key',
    title: 'the key of the message is its job_id',
    promise: 'key = `job_id`',
    needs: ['kafka'],
    run: async (kit) => {
      const { jobId, found } = await submitted(kit, topics(kit).job);
      same(found.key, jobId, 'the key of the message');
    },
  },
  {
    id: 'kafka.headers',
    title: 'the headers of the message',
    promise: 'Headers `content-type: application/json`, `schema-version: 1.0`',
    needs: ['kafka'],
    run: async (kit, note) => {
      const { found } = await submitted(kit, topics(kit).job);
      valid(strict.JobMessageHeaders, found.headers, 'its headers');
      same(found.headers['content-type'], 'application/json', 'the header content-type');
      same(found.headers['schema-version'], '1.0', 'the header schema-version');
      note(JSON.stringify(found.headers));
    },
  },
  {
    id: 'kafka.additions-as-headers',
    title: 'what is ours travels as headers, never in the JSON',
    promise: 'Our additions travel as headers (`dtq-expires-at`, `dtq-attempt`, `dtq-replay-of`), never in the JSON',
    needs: ['kafka', 'expiry'],
    run: async (kit) => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      const { found } = await submitted(kit, topics(kit).job, { expires_at });
      same(found.headers['dtq-expires-at'], expires_at, 'the header dtq-expires-at');
      const known = ['schema_version', 'job_id', 'job_type', 'submitted_at', 'trace_id', 'payload'];
      same(
        Object.keys(parsed(found)).filter((name) => !known.includes(name)),
        [],
        'the further fields of the JSON',
      );
    },
  },
  {
    id: 'kafka.priority-topics',
    title: 'other priorities have topics of their own',
    promise: 'Priorities other than `normal` have topics of their own (*ours*): `jobs.{job_type}.v1.high` and `.low`.',
    needs: ['kafka', 'priorities'],
    run: async (kit) => {
      await submitted(kit, topics(kit).high, { priority: 'high' });
      await submitted(kit, topics(kit).low, { priority: 'low' });
    },
  },
  {
    id: 'kafka.foreign-job',
    title: "another program's job is done, though it lacks what is optional",
    promise: 'A message without `schema_version` is valid (it is optional on the wire)',
    needs: ['kafka'],
    run: async (kit, note) => {
      const body = foreignMessage(kit.settings.job);
      await publish(kit, String(body['job_id']), JSON.stringify(body));
      await completedForeign(kit, String(body['job_id']));
      note(JSON.stringify(body));
    },
  },
  {
    id: 'kafka.unknown-fields',
    title: "unknown fields of another program's job are ignored and not passed on",
    promise: 'required fields, types and limits as in REST, unknown fields ignored and not passed on',
    // Over HTTP a reader that is tolerant hides it.
    needs: ['kafka', 'mongo'],
    run: async (kit) => {
      const body = foreignMessage(kit.settings.job);
      const jobId = String(body['job_id']);
      const newer = { ...body, urgency: 9, payload: { ...kit.settings.job.payload, of_a_newer_producer: true } };
      await publish(kit, jobId, JSON.stringify(newer));
      await completedForeign(kit, jobId);
      const { database } = await kit.mongo();
      const document = await database.collection(kit.settings.collection).findOne({ job_id: jobId });
      same(document?.['input'], kit.settings.job.payload, 'the input of its document');
    },
  },
  {
    id: 'kafka.key-order',
    title: 'of two messages with one key the first one counts',
    promise: 'at least once, key order … One document per `job_id`, written once',
    needs: ['kafka', 'failing-job', 'results'],
    run: async (kit) => {
      const body = foreignMessage(kit.settings.job);
      const jobId = String(body['job_id']);
      const { partition } = await publish(kit, jobId, JSON.stringify(body));
      const second = JSON.stringify({ ...body, payload: kit.settings.failingJob.payload });
      const { offset } = await publish(kit, jobId, second, { partition });
      await completedForeign(kit, jobId);
      await pastOffset(kit, partition, offset);
      const document = await documentOf(kit, jobId, kit.settings.job.job_type);
      same(document.input, kit.settings.job.payload, 'the input of its document');
      same(document.final_state, 'completed', 'its final_state');
    },
  },
  {
    id: 'kafka.delivered-twice',
    title: 'a job that is delivered again after its end changes nothing',
    promise: 'One document per `job_id`, written once',
    needs: ['kafka', 'results'],
    run: async (kit) => {
      const body = foreignMessage(kit.settings.job);
      const jobId = String(body['job_id']);
      await publish(kit, jobId, JSON.stringify(body));
      await completedForeign(kit, jobId);
      const first = await documentOf(kit, jobId, kit.settings.job.job_type);
      const { partition, offset } = await publish(kit, jobId, JSON.stringify(body));
      await pastOffset(kit, partition, offset);
      same(await documentOf(kit, jobId, kit.settings.job.job_type), first, 'its document after a second delivery');
      await completedForeign(kit, jobId);
    },
  },
  {
    id: 'kafka.expired',
    title: 'a job that nobody started before its time to expire fails',
    promise:
      'Our additions travel as headers (`dtq-expires-at`, …): A worker that would start the job later fails it instead, with the code `expired`.',
    needs: ['kafka', 'expiry', 'results'],
    run: async (kit) => {
      const body = foreignMessage(kit.settings.job);
      const jobId = String(body['job_id']);
      const headers = { 'dtq-expires-at': new Date(Date.now() - 1000).toISOString() };
      await publish(kit, jobId, JSON.stringify(body), { headers });
      same(await endedForeign(kit, jobId), 'failed', `the state of ${jobId}, which came too late`);
      same((await documentOf(kit, jobId, kit.settings.job.job_type)).error?.code, 'expired', 'its code');
    },
  },
  {
    id: 'kafka.poison-buried',
    title: 'a message that is no job goes to the dead letters, with its bytes and where it stood',
    promise:
      'Dead letters (*ours*): `jobs.{job_type}.v1.dlq`, the original bytes, with headers for reason, source topic, partition, offset.',
    needs: ['kafka', 'dead-letter-topics'],
    run: async (kit, note) => {
      const jobId = randomUUID();
      const { stood, letter } = await buried(kit, jobId);
      same(letter.value.toString(), poison(jobId), 'the bytes of the dead letter');
      const headers = valid(strict.DeadLetterHeaders, letter.headers, 'the headers of the dead letter');
      same(
        [headers['dtq-source-topic'], headers['dtq-source-partition'], headers['dtq-source-offset']],
        [stood.topic, String(stood.partition), stood.offset],
        'where the message stood',
      );
      note(headers['dtq-reason']);
    },
  },
  {
    id: 'kafka.poison-fails-its-job',
    title: 'whoever waits for a message that is no job is told',
    promise: 'A job that never started (poisoned, cancelled, expired) has a document',
    needs: ['kafka', 'results'],
    run: async (kit) => {
      const jobId = randomUUID();
      await publish(kit, jobId, poison(jobId));
      same(await endedForeign(kit, jobId), 'failed', `the state of ${jobId}, whose message is no job`);
      const { error } = await documentOf(kit, jobId, kit.settings.job.job_type);
      same(error?.code, 'invalid_message', 'its code');
    },
  },
  {
    id: 'kafka.poison-never-blocks',
    title: 'a message that is no job does not stop those behind it',
    promise: 'A poison message goes to the dead-letter topic and never stops the consumer.',
    needs: ['kafka'],
    run: async (kit) => {
      for (const bad of ['{', 'null', '[]', JSON.stringify({ job_id: 7 })])
        await publish(kit, 'no id', bad, { partition: 0 });
      const body = foreignMessage(kit.settings.job);
      await publish(kit, String(body['job_id']), JSON.stringify(body), { partition: 0 });
      await completedForeign(kit, String(body['job_id']));
    },
  },
  {
    id: 'kafka.prototype-keys',
    title: 'a message with a key that reaches a prototype is no job',
    promise: '`__proto__`, `constructor` and `prototype` keys are refused when JSON is parsed, everywhere.',
    needs: ['kafka'],
    run: async (kit) => {
      const body = foreignMessage(kit.settings.job);
      const jobId = String(body['job_id']);
      await publish(kit, jobId, JSON.stringify(body).replace(/}$/, ',"__proto__":{"a":1}}'));
      // The one behind it in the partition: when that is done, so is this one.
      await completedAfter(kit, jobId);
      const answer = await kit.http.call(operationPath('getJobStatus', { job_id: jobId }));
      const { state } = (answer.json ?? {}) as { state?: string };
      hold(state !== 'completed', 'a message with the key __proto__ must not be done as a job');
    },
  },
  {
    id: 'kafka.committed-after-outcome',
    title: 'an offset is committed only after the outcome',
    promise:
      "Offsets are committed only after the job's outcome, or its next attempt (a row in `job_schedule`), is durable. … The consumer group of a type is `{WORKER_KAFKA_GROUP_ID}-{job_type}`",
    needs: ['kafka', 'slow-job', 'cancel'],
    run: async (kit, note) => {
      const { job_type } = kit.settings.slowJob;
      const { job: topic } = topicsOf(kit.settings, job_type);
      const wire = await kit.kafka();
      const { job_id } = await kit.submit(kit.settings.slowJob);
      const { partition, offset } = await message(kit, topic, `the message of ${job_id}`, ({ key }) => key === job_id);
      const group = `${kit.settings.group}-${job_type}`;
      await kit.until('it runs', async () => {
        const answer = await kit.http.call(operationPath('getJobStatus', { job_id }));
        return (answer.json as { state?: string } | undefined)?.state === 'running';
      });
      // A second that the job outlives by far: who commits on receipt has done so by then.
      const end = Date.now() + 2000;
      while (Date.now() < end) {
        const committed = await wire.committed(group, topic, partition);
        hold(
          committed <= BigInt(offset),
          `while ${job_id} runs, ${group} must not have committed ${topic}:${partition} beyond ${offset}, and has at ${committed}`,
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await kit.http.call(operationPath('cancelJob', { job_id }), { method: 'POST' });
      await kit.ended(job_id);
      await pastOffset(kit, partition, offset);
      note(`${group} went beyond ${topic}:${partition}:${offset} after the end of ${job_id}`);
    },
  },
  {
    id: 'kafka.dead-letter-listed',
    title: 'a dead letter is listed over HTTP, with every place where it is wrong',
    promise: '`GET /v1/dead-letters`, `GET /v1/dead-letters/{id}`: 200',
    needs: ['kafka', 'dead-letters'],
    run: async (kit, note) => {
      const jobId = randomUUID();
      const stood = await publish(kit, jobId, poison(jobId));
      const id = `${stood.topic}:${stood.partition}:${stood.offset}`;
      const path = operationPath('getDeadLetter', { dead_letter_id: id });
      const answer = await kit.until(`the dead letter ${id} is known`, async () => {
        const found = await kit.http.call(path);
        return found.status === 404 ? null : found;
      });
      const { dead_letter } = json(answer, 200, strict.DeadLetterReport, 'the dead letter');
      same(Buffer.from(dead_letter.value_base64, 'base64').toString(), poison(jobId), 'its bytes');
      const pointers = dead_letter.violations.map(({ pointer }) => pointer);
      for (const pointer of ['/payload/city', '/trace_id'])
        hold(pointers.includes(pointer), `its violations must name ${pointer}, and name ${pointers.join(', ')}`);
      const query = `job_type=${dead_letter.job_type}&since=${encodeURIComponent(dead_letter.buried_at)}&limit=200`;
      const list = await kit.http.call(`/v1/dead-letters?${query}`);
      const { dead_letters } = json(list, 200, strict.DeadLetterList, 'the dead letters');
      hold(
        dead_letters.some(({ dead_letter_id }) => dead_letter_id === id),
        `the list must have ${id}, and has ${shown(dead_letters.map((one) => one.dead_letter_id))}`,
      );
      note(id);
    },
  },
  {
    id: 'kafka.dead-letter-replayed',
    title: 'a dead letter is sent again with its payload mended',
    promise: '`POST /v1/dead-letters/{id}/replay` (may carry a corrected payload)',
    needs: ['kafka', 'dead-letters'],
    run: async (kit) => {
      const jobId = randomUUID();
      const stood = await publish(kit, jobId, poison(jobId));
      const dead_letter_id = `${stood.topic}:${stood.partition}:${stood.offset}`;
      const path = operationPath('replayDeadLetter', { dead_letter_id });
      const answer = await kit.until(`the dead letter ${dead_letter_id} is known`, async () => {
        const found = await kit.http.call(path, { json: { payload: kit.settings.job.payload } });
        return found.status === 404 ? null : found;
      });
      const replay = json(answer, 202, strict.Replay, 'the answer to a replay');
      same([replay.replay_of, replay.kind], [dead_letter_id, 'dead_letter'], 'what it says that it repeats');
      same((await kit.ended(replay.job_id)).state, 'completed', 'the state of the replay');
    },
  },
];

/** Waits until the group has gone on beyond an offset: whoever read it is done with it. */
async function pastOffset(kit: Kit, partition: number, offset: string): Promise<void> {
  const { job_type } = kit.settings.job;
  const wire = await kit.kafka();
  const group = `${kit.settings.group}-${job_type}`;
  const { job: topic } = topics(kit);
  await kit.until(`${group} commits ${topic}:${partition} beyond ${offset}`, async () => {
    return (await wire.committed(group, topic, partition)) > BigInt(offset);
  });
}

/** Publishes a good job under another's key, behind it in its partition, and waits until it is done. */
async function completedAfter(kit: Kit, key: string): Promise<void> {
  const next = foreignMessage(kit.settings.job);
  const { partition, offset } = await publish(kit, key, JSON.stringify(next));
  await completedForeign(kit, String(next['job_id']));
  await pastOffset(kit, partition, offset);
}

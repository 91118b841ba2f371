import { randomUUID } from 'node:crypto';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { DEAD_LETTERS } from '@dtq/generated/storage/dead-letters.ts';
import { JOB_SCHEDULE } from '@dtq/generated/storage/job-schedule.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Document } from 'mongodb';
import { type Check, hold, same, valid } from '../check.ts';
import { answered } from '../http.ts';
import type { Kit } from '../kit.ts';
import { jobResult, scheduledJob } from '../schemas.ts';
import { moment } from './answers.ts';
import { endedForeign, poison, publish } from './foreign.ts';

async function results(kit: Kit) {
  return (await kit.mongo()).database.collection(kit.settings.collection);
}

/** The one document of a job, without the server's own id and held to its schema. */
async function documentOf(kit: Kit, jobId: string): Promise<Document> {
  const found = await (await results(kit)).find({ job_id: jobId }).toArray();
  same(found.length, 1, `the number of documents of ${jobId}`);
  const { _id, ...document } = found[0] ?? {};
  valid(jobResult(kit.settings.job.job_type), document, `the document of ${jobId}`);
  return document;
}

export const MONGO_CHECKS: readonly Check[] = [
  {
    id: 'mongo.document',
    title: 'a completed job leaves its document',
    promise:
      'Required: `job_id, job_type, input, output, final_state (completed|failed), started_at, completed_at, error`.',
    needs: ['mongo'],
    run: async (kit, note) => {
      const { accepted, submit } = await kit.completedJob();
      const document = await documentOf(kit, accepted.job_id);
      same(document['schema_version'], '1.0', 'its schema_version');
      same([document['final_state'], document['error']], ['completed', null], 'its final_state and error');
      same(document['input'], submit.payload, 'its input');
      same(document['trace_id'], accepted.trace_id, 'its trace_id');
      note(JSON.stringify(document));
    },
  },
  {
    id: 'mongo.failed-document',
    title: 'a failed job leaves one too',
    promise: 'a failed job has a document too (`output: null`, `error: {code, message}`)',
    needs: ['mongo', 'failing-job'],
    run: async (kit, note) => {
      const { accepted } = await kit.failedJob();
      const document = await documentOf(kit, accepted.job_id);
      same([document['final_state'], document['output']], ['failed', null], 'its final_state and output');
      note(JSON.stringify(document['error']));
    },
  },
  {
    id: 'mongo.unique-index',
    title: 'the database itself refuses a second document of a job',
    promise: 'unique index `{job_id:1}`',
    needs: ['mongo'],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const collection = await results(kit);
      const { _id, ...second } = (await collection.findOne({ job_id: accepted.job_id })) ?? {};
      const refusal = await collection.insertOne(second).then(
        async ({ insertedId }) => {
          await collection.deleteOne({ _id: insertedId });
          return null;
        },
        (error: { code?: unknown }) => error.code,
      );
      same(refusal, 11_000, 'the refusal of a second document');
      note('E11000');
    },
  },
  {
    id: 'mongo.index-by-time',
    title: 'the index by completed_at',
    promise: 'index `{completed_at:-1}`',
    needs: ['mongo'],
    run: async (kit) => {
      const indexes = await (await results(kit)).indexes();
      hold(
        indexes.some(({ key }) => JSON.stringify(key) === '{"completed_at":-1}'),
        `there must be an index {completed_at:-1}, and there are ${JSON.stringify(indexes.map(({ key }) => key))}`,
      );
    },
  },
  {
    id: 'mongo.never-started',
    title: 'a job that never started has one time and may have no input',
    promise:
      'A job that never started (poisoned, cancelled, expired) has `started_at` = `completed_at`; `input` is `{}` where it could not be read.',
    needs: ['mongo', 'kafka'],
    run: async (kit) => {
      const jobId = randomUUID();
      await publish(kit, jobId, poison(jobId));
      await endedForeign(kit, jobId);
      const document = await documentOf(kit, jobId);
      same(document['started_at'], document['completed_at'], 'its started_at');
      same(document['input'], {}, 'its input');
    },
  },
  {
    id: 'mongo.foreign-document',
    title: "another program's document is read, without what is unknown",
    promise: 'unknown fields ignored and not passed on (a newer producer beside an older worker must work).',
    needs: ['mongo', 'results'],
    run: async (kit) => {
      const at = new Date().toISOString();
      const document = {
        job_id: randomUUID(),
        job_type: 'weather',
        input: { city: 'Austin', units: 'metric' },
        output: { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 },
        final_state: 'completed',
        started_at: at,
        completed_at: at,
        error: null,
      };
      const { job_id } = document;
      await (await results(kit)).insertOne({ ...document, of_another_program: true });
      const answer = answered(await kit.http.call(operationPath('getJob', { job_id })), 200);
      same(answer.json, document, `the document of ${job_id} over HTTP`);
      const status = answered(await kit.http.call(operationPath('getJobStatus', { job_id })), 200);
      same((status.json as { state?: string }).state, 'completed', 'its state over HTTP');
    },
  },
  {
    id: 'mongo.schedule',
    title: 'a job that runs later waits in the database, until it is cancelled',
    promise: 'Further collections (*ours*): `job_schedule` (waiting submits and attempts)',
    needs: ['mongo', 'schedule', 'cancel'],
    run: async (kit) => {
      const rows = (await kit.mongo()).database.collection(JOB_SCHEDULE.collection);
      const { job_id, submitted_at } = await kit.submit(kit.settings.job, { delay: '1h' });
      const row = await rows.findOne({ job_id });
      hold(row !== null, `a row of ${job_id} must stand in ${JOB_SCHEDULE.collection} once it is accepted`);
      const { _id, ...scheduled } = row;
      valid(scheduledJob(kit.settings.job.job_type), scheduled, 'the row');
      const waits = moment(String(row['due_at']), 'due_at') - moment(submitted_at, 'submitted_at');
      hold(
        Math.abs(waits - 3_600_000) < 60_000,
        `due_at must be an hour after the submit, and is ${waits} ms after it`,
      );
      answered(await kit.http.call(operationPath('cancelJob', { job_id }), { method: 'POST' }), 202);
      await kit.until(`the row of ${job_id} is gone`, async () => (await rows.countDocuments({ job_id })) === 0);
    },
  },
  {
    id: 'mongo.dead-letters',
    title: 'a dead letter stands in the database under its place',
    promise: '`dead_letters` (`_id` = topic, partition and offset: Kafka cannot be listed or filtered).',
    needs: ['mongo', 'kafka', 'dead-letters'],
    run: async (kit) => {
      const letters = (await kit.mongo()).database.collection<{ _id: string }>(DEAD_LETTERS.collection);
      const jobId = randomUUID();
      const stood = await publish(kit, jobId, poison(jobId));
      const id = `${stood.topic}:${stood.partition}:${stood.offset}`;
      const found = await kit.until(`${id} stands in ${DEAD_LETTERS.collection}`, () => letters.findOne({ _id: id }));
      const { _id, ...letter } = found as Document;
      const { value_base64 } = valid(strict.DeadLetter, letter, 'the dead letter');
      same(Buffer.from(value_base64, 'base64').toString(), poison(jobId), 'its bytes');
    },
  },
];

import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, valid } from '../check.ts';
import type { Kit } from '../kit.ts';
import { topicsOf } from '../kit.ts';
import { jobMessage } from '../schemas.ts';
import type { TopicMessage } from '../wires/kafka.ts';
import { message } from './foreign.ts';
import { FOREIGN_CHECKS } from './kafka-foreign.ts';

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
  ...FOREIGN_CHECKS,
];

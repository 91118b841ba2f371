import { hold, same, valid } from '@dtq/conformance/check.ts';
import { parseJson } from '@dtq/core/json.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

export const messageByKey: Step<Ground> = {
  id: 'kafka',
  title: 'Kafka: the message, found by its key',
  needs: ['api'],
  run: async (ground, notes) => {
    const job = await ground.job();
    const topic = ground.parts.space.topicOf(job.job_type);
    const withKey = () => ground.kafka.seen.filter(({ key }) => key === job.job_id);
    await ground.until(`a message with the key ${job.job_id} is read`, () => withKey().length > 0);
    const found = withKey();
    same(found.length, 1, 'the number of messages with that key');
    const [record] = found;
    hold(record !== undefined, 'no message');
    const value = parseJson(record.value.toString()) as Record<string, unknown>;
    notes.show('the record', { ...record, value });
    same(record.topic, topic, 'its topic');
    valid(strict.JobMessageHeaders, record.headers, 'its headers');
    valid(strict.JobMessage.weather, value, 'its value');
    const { job_id, trace_id, job_type, submitted_at } = job;
    const { payload } = AUSTIN;
    const told = { job_id, trace_id, job_type, submitted_at, payload };
    const { schema_version: _, ...message } = value;
    same(message, told, 'what the message says of the job');
    return `${topic}, partition ${record.partition}, offset ${record.offset}, key ${record.key}`;
  },
};

export const committedAfterwards: Step<Ground> = {
  id: 'commit',
  title: 'Kafka: the offset is committed only after the outcome',
  needs: ['kafka', 'end'],
  run: async (ground, notes) => {
    const { provider, space } = ground.parts;
    provider.hold();
    try {
      const { job_id, job_type } = await ground.submit(AUSTIN);
      await ground.reached(job_id, 50);
      const record = await ground.until('its message is read', () =>
        ground.kafka.seen.find(({ key }) => key === job_id),
      );
      const { topic, partition, offset } = record;
      const committed = () => ground.kafka.committed(`${space.group}-${job_type}`, topic, partition);
      const during = await committed();
      notes.show('while the provider is being called', { topic, partition, offset, committed: String(during) });
      hold(
        during <= BigInt(offset),
        `the group stands at ${during}, beyond the job at ${offset}, which has no outcome yet`,
      );
      provider.release();
      await ground.ended(job_id);
      notes.doing('waiting for the commit');
      const after = await ground.until('the offset is committed', async () => {
        const now = await committed();
        return now > BigInt(offset) ? now : null;
      });
      notes.show('after its document', { topic, partition, offset, committed: String(after) });
      return `the group ${space.group}-${job_type} went from ${during} to ${after} over the job at ${offset}`;
    } finally {
      provider.release();
    }
  },
};

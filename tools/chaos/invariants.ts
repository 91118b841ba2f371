import { createKafkaClient } from '@dtq/backend-distributed/kafka-client.ts';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { MongoClient } from 'mongodb';
import { createClient } from 'redis';
import { expect } from 'vitest';
import type { Submitted } from './load.ts';

const SETTLE_MS = 60_000;

/**
 * What must hold after any failure, read past our own code: each accepted job is final, with one document; no document is of
 * a job that nobody submitted; status and document agree; histories never go backwards; nothing is left in the topics.
 */
export async function checkInvariants(
  space: FreshSpace,
  { accepted, unknown }: Pick<Submitted, 'accepted' | 'unknown'>,
): Promise<void> {
  const { mongodb, redis: address, kafka } = space.config('worker');
  const mongo = new MongoClient(mongodb.uri);
  const redis = createClient({
    socket: { host: address.address.host, port: address.address.port },
    username: address.username ?? '',
    password: address.password ?? '',
    database: address.database,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const results = mongo.db(mongodb.database).collection(mongodb.collection);
    const documents = await eventually(
      `each of ${accepted.size} accepted jobs has its document`,
      async () => {
        const found = await results.find({}).toArray();
        const ids = new Set(found.map(({ job_id }) => String(job_id)));
        return [...accepted].every((id) => ids.has(id)) ? found : null;
      },
      SETTLE_MS,
    );
    const ids = documents.map(({ job_id }) => String(job_id));
    expect(new Set(ids).size, 'documents of one job').toBe(ids.length);
    expect(
      ids.filter((id) => !accepted.has(id) && !unknown.has(id)),
      'documents of jobs that nobody submitted',
    ).toEqual([]);
    await eventually('nothing is left in the topics', async () => (await lag(kafka)) === 0, SETTLE_MS);
    for (const document of documents) {
      const id = String(document['job_id']);
      const hash = await redis.hGetAll(jobStatusKey(id));
      if (Object.keys(hash).length === 0) continue;
      const history = JSON.parse(hash['history'] ?? '[]') as {
        sequence: number;
        attempt: number;
        progress_percent: number;
        state: string;
      }[];
      for (const [index, entry] of history.entries()) {
        const before = history[index - 1];
        if (before === undefined) continue;
        const further =
          entry.attempt > before.attempt ||
          entry.progress_percent > before.progress_percent ||
          ['completed', 'failed'].includes(entry.state);
        expect(further, `history of ${id}: ${JSON.stringify(history)}`).toBe(true);
      }
      expect(
        ['completed', 'failed'].includes(String(hash['state'])) ? hash['state'] : document['final_state'],
        `status of ${id}`,
      ).toBe(document['final_state']);
    }
  } finally {
    redis.destroy();
    await mongo.close();
  }
}

/** Messages that no group has committed yet. */
async function lag(kafka: ReturnType<FreshSpace['config']>['kafka']): Promise<number> {
  const client = createKafkaClient(kafka, 'dtq-test', silentLogger());
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    let open = 0;
    for (const [jobType, topics] of Object.entries(kafka.priorityTopics)) {
      const groupId = `${kafka.groupId}-${jobType}`;
      for (const topic of Object.values(topics)) {
        const ends = await admin.fetchTopicOffsets(topic);
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
        for (const { partition, high, low } of ends) {
          const offset = Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
          open += Number(high) - Math.max(offset, Number(low));
        }
      }
    }
    return open;
  } finally {
    await admin.disconnect();
    client.end();
  }
}

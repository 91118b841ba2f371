import { randomUUID } from 'node:crypto';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import type { DistributedConfig } from '@dtq/backend-distributed/config.ts';
import { createKafkaClient } from '@dtq/backend-distributed/kafka-client.ts';
import type { FreshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { MongoClient } from 'mongodb';

/** Submits of one go. */
const CHUNK = 500;
const TOLD = 20 * CHUNK;
const DONE_MS = 90_000;

/** Puts jobs into the queue with the status of each, as the API does; tells now and then how many there are. */
export async function preload(
  space: Pick<FreshSpace, 'config'>,
  count: number,
  tell: (done: number) => void = () => undefined,
): Promise<void> {
  const backend = await openDistributedBackend({ config: space.config('api'), role: 'api', log: silentLogger() });
  const one = async (number: number): Promise<void> => {
    const [job_id, trace_id, at] = [randomUUID(), randomUUID(), new Date().toISOString()];
    await backend.queue.publish({
      schema_version: '1.0',
      job_id,
      job_type: 'weather',
      payload: { city: `City ${number}`, units: 'metric' },
      submitted_at: at,
      trace_id,
    });
    await backend.statuses.advance({ job_id, trace_id, attempt: 1, updated_at: at, ...MILESTONES.queued });
  };
  try {
    for (let first = 0; first < count; first += CHUNK) {
      if (first % TOLD === 0) tell(first);
      await Promise.all(Array.from({ length: Math.min(CHUNK, count - first) }, (_, index) => one(first + index)));
    }
  } finally {
    await backend.close();
  }
}

/**
 * Waits until a group has committed so many jobs or more, and gives how many. The brokers are asked, for they are idle enough
 * not to mind.
 */
export async function untilDone(
  config: DistributedConfig,
  groupId: string,
  count: number,
  timeoutMs = DONE_MS,
): Promise<number> {
  return await withOffsets(config, groupId, (done) =>
    eventually(
      `${groupId} has done ${count} jobs`,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 250));
        const found = await done();
        return found >= count && found;
      },
      timeoutMs,
    ),
  );
}

/** How many jobs a group has committed. */
export function committed(config: DistributedConfig, groupId: string): Promise<number> {
  return withOffsets(config, groupId, (done) => done());
}

async function withOffsets<T>(
  { kafka: config }: DistributedConfig,
  groupId: string,
  work: (done: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const client = createKafkaClient(config, 'dtq-bench', silentLogger());
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    return await work(async () => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [config.topics.weather] });
      return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    });
  } finally {
    await admin.disconnect();
    client.end();
  }
}

/** When the first job started and when each ended, in milliseconds and in order; throws where one is missing or failed. */
export async function endsOf(
  { mongodb: { uri, database, collection } }: DistributedConfig,
  count: number,
): Promise<{ readonly firstStart: number; readonly ends: readonly number[] }> {
  const client = new MongoClient(uri);
  try {
    const documents = await client.db(database).collection<JobResult>(collection).find().toArray();
    const good = documents.filter(({ final_state }) => final_state === 'completed');
    if (documents.length !== count || good.length !== count)
      throw new Error(`${count} jobs gave ${documents.length} documents, ${good.length} of them completed`);
    const starts = good.map(({ started_at }) => Date.parse(started_at));
    const ends = good.map(({ completed_at }) => Date.parse(completed_at)).toSorted((a, b) => a - b);
    return { firstStart: starts.reduce((least, at) => Math.min(least, at)), ends };
  } finally {
    await client.close();
  }
}

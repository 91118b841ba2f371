import type { Admin } from 'kafkajs';
import { answerWithin } from './deadline.ts';
import type { KafkaClient } from './kafka-client.ts';

/** Something for each partition of each topic. */
export type ByPartition<T> = ReadonlyMap<string, ReadonlyMap<number, T>>;

/** Where a partition stands for a type's own group, and for the group that all types once shared; null for nowhere yet. */
export interface Standing {
  readonly own: number | null;
  readonly shared: number | null;
}

export interface Groups {
  readonly topics: readonly string[];
  readonly own: string;
  /** A type's group starts where this one stands, partition by partition, if it stands anywhere (contracts.md, section 2). */
  readonly shared: string;
}

/** What a group has committed of a partition; `offset` is null for nothing yet. */
export interface Committed {
  readonly offset: number | null;
  /** What was said with the commit. */
  readonly metadata: string;
}

const LOOK_UP_MS = 5000;

/** Asks the brokers where the groups stand in some topics; rejects with Unavailable. */
export function lookUpStandings(client: KafkaClient, { topics, own, shared }: Groups): Promise<ByPartition<Standing>> {
  return askForOffsets(client, async (offsetsOf) => {
    const ownOffsets = await offsetsOf(own, topics);
    const isNew = [...ownOffsets.values()].some((offsets) =>
      [...offsets.values()].some(({ offset }) => offset === null),
    );
    const sharedOffsets = isNew ? await offsetsOf(shared, topics) : new Map<string, ReadonlyMap<number, Committed>>();
    return mapPartitions(ownOffsets, ({ offset }, topic, partition) => ({
      own: offset,
      shared: sharedOffsets.get(topic)?.get(partition)?.offset ?? null,
    }));
  });
}

/** Asks for what several groups have committed, over one connection; rejects with Unavailable. */
export async function askForOffsets<T>(
  { kafka }: KafkaClient,
  ask: (offsetsOf: (groupId: string, topics: readonly string[]) => Promise<ByPartition<Committed>>) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin({ retry: { retries: 1 } });
  try {
    const asking = admin.connect().then(() => ask((groupId, topics) => committedOffsets(admin, groupId, topics)));
    return await answerWithin('kafka', LOOK_UP_MS, 'looking up offsets', asking);
  } finally {
    void admin.disconnect().catch(() => undefined);
  }
}

export function mapPartitions<T, U>(
  all: ByPartition<T>,
  make: (item: T, topic: string, partition: number) => U,
): ByPartition<U> {
  return new Map(
    [...all].map(([topic, items]) => [
      topic,
      new Map([...items].map(([partition, item]) => [partition, make(item, topic, partition)])),
    ]),
  );
}

async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<ByPartition<Committed>> {
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return new Map(
    found.map(({ topic, partitions }) => [
      topic,
      // A negative offset stands for none.
      new Map(
        partitions.map(({ partition, offset, metadata }) => [
          partition,
          { offset: Number(offset) >= 0 ? Number(offset) : null, metadata: metadata ?? '' },
        ]),
      ),
    ]),
  );
}

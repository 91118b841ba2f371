import type { Admin } from 'kafkajs';
import { answerWithin } from './deadline.ts';
import type { KafkaClient } from './kafka-client.ts';

/** Where a partition stands for a type's own group, and for the group that all types once shared; null for nowhere yet. */
export interface Standing {
  readonly own: number | null;
  readonly shared: number | null;
}

export interface Groups {
  readonly topic: string;
  readonly own: string;
  /** A type's group starts where this one stands, partition by partition, if it stands anywhere (contracts.md, section 2). */
  readonly shared: string;
}

const LOOK_UP_MS = 5000;

/** Asks the brokers where the groups stand in a topic; rejects with Unavailable. */
export async function lookUpStandings(
  { kafka }: KafkaClient,
  { topic, own, shared }: Groups,
): Promise<ReadonlyMap<number, Standing>> {
  const admin = kafka.admin({ retry: { retries: 1 } });
  try {
    return await answerWithin('kafka', LOOK_UP_MS, 'looking up offsets', look(admin));
  } finally {
    void admin.disconnect().catch(() => undefined);
  }

  async function look(from: Admin): Promise<ReadonlyMap<number, Standing>> {
    await from.connect();
    const ownOffsets = await offsetsOf(from, own, topic);
    const isNew = [...ownOffsets.values()].some((offset) => offset === null);
    const sharedOffsets = isNew ? await offsetsOf(from, shared, topic) : new Map<number, number | null>();
    return new Map(
      [...ownOffsets].map(([partition, offset]) => [
        partition,
        { own: offset, shared: sharedOffsets.get(partition) ?? null },
      ]),
    );
  }
}

async function offsetsOf(admin: Admin, groupId: string, topic: string): Promise<Map<number, number | null>> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  // A negative offset stands for none.
  return new Map(
    (found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset) >= 0 ? Number(offset) : null]),
  );
}

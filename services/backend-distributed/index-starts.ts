import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { KafkaConfig } from './config.ts';
import { askForOffsets, type ByPartition, type Committed, mapPartitions } from './group-offsets.ts';
import type { KafkaClient } from './kafka-client.ts';

/**
 * Where the index is to be read from, in every partition of every topic of jobs: behind what has been read into this life of
 * Redis (`epoch`, which the commits name), and not before what the workers have done; from the beginning where neither is
 * known. Rejects with Unavailable.
 */
export function indexStarts(
  client: KafkaClient,
  { priorityTopics, groupId }: KafkaConfig,
  indexGroup: string,
  epoch: string,
): Promise<ByPartition<number>> {
  return askForOffsets(client, async (offsetsOf) => {
    const topics = JOB_TYPE_VALUES.map((jobType) => Object.values(priorityTopics[jobType]));
    const [own, shared, ...workers] = await Promise.all([
      offsetsOf(indexGroup, topics.flat()),
      // A type's group that stands nowhere yet will start from where this one stands.
      offsetsOf(groupId, topics.flat()),
      ...JOB_TYPE_VALUES.map((jobType) => offsetsOf(`${groupId}-${jobType}`, Object.values(priorityTopics[jobType]))),
    ]);
    const done: ByPartition<Committed> = new Map(workers.flatMap((offsets) => [...offsets]));
    return mapPartitions(own, ({ offset, metadata }, topic, partition) => {
      const read = metadata === epoch ? offset : null;
      const started = done.get(topic)?.get(partition)?.offset ?? shared.get(topic)?.get(partition)?.offset;
      return Math.max(read ?? 0, started ?? 0);
    });
  });
}

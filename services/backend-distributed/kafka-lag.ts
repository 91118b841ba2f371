import type { Clock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { QueueLag } from '@dtq/core/ports.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import type { Admin } from 'kafkajs';
import type { KafkaConfig } from './config.ts';
import { KafkaAdmin } from './kafka-admin.ts';

/** All questions together, in milliseconds; whoever scrapes waits for them. */
const ASK_MS = 2000;

/** Ends of a partition that are remembered, so that its lag can be told in time: an hour of a scrape every 15 seconds. */
const MOST_SAMPLES = 240;

interface Sample {
  readonly at: number;
  readonly end: number;
}

/**
 * How far each type's consumer group is behind its topics, as the brokers say.
 *
 * Kafka does not tell when the message at an offset was written, short of reading it. So the ends of the partitions are
 * remembered: what is not committed now, and was there at an earlier look, has been in the topic since then at least. Right to
 * the interval between two looks, and short of the truth for what waited before the first one.
 */
export class KafkaLag {
  readonly #config: KafkaConfig;
  readonly #admin: KafkaAdmin;
  readonly #clock: Clock;
  readonly #samples = new Map<string, Sample[]>();

  constructor(config: KafkaConfig, clientId: string, clock: Clock, log: Logger) {
    this.#config = config;
    this.#clock = clock;
    // Of its own: a question that fails ends the connection, and health must not be asked over that one.
    this.#admin = new KafkaAdmin(config, `${clientId}-lag`, log);
  }

  /** Rejects with Unavailable, and where topics are missing. */
  async ask(): Promise<readonly QueueLag[]> {
    return this.#admin.ask(ASK_MS, 'looking up the lag', async (admin) => {
      const all = await Promise.all(JOB_TYPE_VALUES.map((jobType) => this.#ofType(admin, jobType)));
      return all.flat();
    });
  }

  close(): void {
    this.#admin.close();
  }

  async #ofType(admin: Admin, jobType: JobType): Promise<QueueLag[]> {
    const topics = Object.entries(this.#config.priorityTopics[jobType]) as [JobPriority, string][];
    const names = topics.map(([, topic]) => topic);
    const [groups, ends] = await Promise.all([
      admin.fetchOffsets({ groupId: `${this.#config.groupId}-${jobType}`, topics: names }),
      Promise.all(names.map((topic) => admin.fetchTopicOffsets(topic))),
    ]);
    return topics.map(([priority, topic], index) => {
      const committed = new Map(
        groups.find((group) => group.topic === topic)?.partitions.map((one) => [one.partition, Number(one.offset)]),
      );
      let [messages, seconds] = [0, 0];
      for (const { partition, high, low } of ends[index] ?? []) {
        // A group that has committed nothing begins at the first message there is; so does one whose place has been deleted.
        const at = Math.max(Number(low), committed.get(partition) ?? -1);
        messages += Math.max(0, Number(high) - at);
        seconds = Math.max(seconds, this.#seconds(`${topic}/${partition}`, Number(high), at));
      }
      return { jobType, priority, messages, seconds };
    });
  }

  /** Since when, at least, the message at an offset has been in a partition that ends at `end` now. */
  #seconds(place: string, end: number, committed: number): number {
    const now = this.#clock.now();
    const samples = this.#samples.get(place) ?? [];
    this.#samples.set(place, samples);
    // What was committed meanwhile tells nothing any more; of equal ends the first says since when.
    while (samples.length > 0 && (samples[0] as Sample).end <= committed) samples.shift();
    if (end <= committed) return 0;
    const [first] = samples;
    if (samples.at(-1)?.end !== end) samples.push({ at: now, end });
    if (samples.length > MOST_SAMPLES) samples.splice(1, 1);
    return first === undefined ? 0 : Math.max(0, (now - first.at) / 1000);
  }
}

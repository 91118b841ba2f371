import type { JobPriority } from '@dtq/generated/schemas/types.ts';
import type { PriorityTopics } from './config.ts';
import type { ConsumerSession } from './consumer-session.ts';
import { Shares } from './shares.ts';

/** What of one type is in memory at most, about. */
const MOST_IN_MEMORY = 2000;
const MOST_BYTES = 16_777_216;

/**
 * What of it each priority may take, so that a backlog of one keeps none of the others from being fetched; where there are
 * no topics but the normal one, it takes all.
 */
const PART: { readonly [P in JobPriority]: number } = { high: 0.25, normal: 0.5, low: 0.25 };

/** Once full, more is fetched again when no more than this part of the room is taken. */
const FEW = 0.5;

/** One topic of a type: its jobs of one priority, the partitions of it that are ours, and its room in memory. */
export class TopicShare {
  readonly topic: string;
  readonly priority: JobPriority;
  readonly shares: Shares;
  readonly #part: number;
  #isFull = false;

  constructor(topic: string, priority: JobPriority, part: number, lose: (partition: number, reason: Error) => void) {
    this.topic = topic;
    this.priority = priority;
    this.shares = new Shares(lose);
    this.#part = part;
  }

  /** Takes in what of it is in memory. */
  weigh({ size, bytes }: Readonly<{ size: number; bytes: number }>): void {
    const taken = Math.max(size / MOST_IN_MEMORY, bytes / MOST_BYTES) / this.#part;
    this.#isFull = taken >= 1 || (this.#isFull && taken > FEW);
  }

  /** Pauses and resumes what must be; with `isOff` all of it pauses. */
  steer(session: ConsumerSession, isOff: boolean): void {
    const { pause, resume } = this.shares.steer(this.#isFull || isOff, session);
    session.pause(this.topic, pause);
    session.resume(this.topic, resume);
  }
}

/** The topics of one type. `lose` takes away what is being delivered of a partition. */
export function topicSharesOf(
  topics: PriorityTopics,
  lose: (topic: string, partition: number, reason: Error) => void,
): ReadonlyMap<string, TopicShare> {
  const named = Object.entries(topics) as [JobPriority, string][];
  return new Map(
    named.map(([priority, topic]) => {
      const part = named.length === 1 ? 1 : PART[priority];
      return [topic, new TopicShare(topic, priority, part, (partition, reason) => lose(topic, partition, reason))];
    }),
  );
}

import { type Clock, timestamp } from '@dtq/core/clock.ts';
import type { DeliverySource } from '@dtq/core/ports.ts';
import asyncapi from '@dtq/generated/documents/asyncapi.json' with { type: 'json' };
import type { DeadLetterHeaders, JobMessageHeaders } from '@dtq/generated/schemas/types.ts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

const { JobMessageHeaders: job, DeadLetterHeaders: deadLetter } = asyncapi.components.schemas;

/** The headers of every job message that we publish: the contract gives each one fixed value, in the document alone. */
export const JOB_HEADERS = Object.fromEntries(
  Object.entries(job.properties).map(([name, { const: value }]) => [name, value]),
) as unknown as Required<JobMessageHeaders>;

type DeadLetterHeader = keyof DeadLetterHeaders;

// The contract's names, found by how they end; one that is not there any more ends the start.
const [REASON, TOPIC, PARTITION, OFFSET, BURIED_AT] = ['reason', 'topic', 'partition', 'offset', 'at'].map((end) => {
  const name = Object.keys(deadLetter.properties).find((property) => property.endsWith(`-${end}`));
  if (name === undefined) throw new Error(`the contract has no header of dead letters that ends with ${end}`);
  return name;
}) as [DeadLetterHeader, DeadLetterHeader, DeadLetterHeader, DeadLetterHeader, DeadLetterHeader];

const LONGEST_REASON = deadLetter.properties[REASON as 'dtq-reason'].maxLength;

/** What a dead letter says beside the message's own headers. */
export function deadLetterHeaders(reason: string, { topic, partition, offset }: DeliverySource, clock: Clock) {
  return {
    [REASON]: [...reason].slice(0, LONGEST_REASON).join(''),
    [TOPIC]: topic,
    [PARTITION]: String(partition),
    [OFFSET]: offset,
    [BURIED_AT]: timestamp(clock),
  } as unknown as DeadLetterHeaders;
}

/** Headers as text; of one that is given several times the last counts. */
export function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  // fromEntries: a header may be called __proto__, and is then one like any other.
  return Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return last === undefined || last === null ? [] : [[name, last.toString()]];
    }),
  );
}

/** What a topic holds of a message. */
export interface StoredMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
}

/** A message with memory of its own: one from kafkajs holds on to all the bytes of its fetch. */
export function ownCopy({ key, value, headers }: KafkaMessage): StoredMessage {
  const copy = (item: Buffer | string): Buffer => Buffer.from(item as Buffer);
  return {
    key: key === null || key === undefined ? null : copy(key),
    value: value === null ? null : copy(value),
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).flatMap(([name, item]) =>
        item === undefined ? [] : [[name, Array.isArray(item) ? item.map(copy) : copy(item)]],
      ),
    ),
  };
}

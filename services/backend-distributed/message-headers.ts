import { cut } from '@dtq/core/cut.ts';
import type { DeliverySource } from '@dtq/core/ports.ts';
import { DEAD_LETTER_HEADERS as NAME } from '@dtq/generated/messaging/headers.ts';
import type { DeadLetterHeaders } from '@dtq/generated/schemas/types.ts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

/** The contract's bound (specs/schemas/DeadLetterHeaders.json, DeadLetter.json). */
export const LONGEST_REASON = 1000;

/** What a dead letter says beside the message's own headers. */
export function deadLetterHeaders(
  reason: string,
  { topic, partition, offset }: DeliverySource,
  buriedAt: string,
): DeadLetterHeaders & Record<string, string> {
  return {
    [NAME.dtqReason]: cut(reason, LONGEST_REASON),
    [NAME.dtqSourceTopic]: topic,
    [NAME.dtqSourcePartition]: String(partition),
    [NAME.dtqSourceOffset]: offset,
    [NAME.dtqBuriedAt]: buriedAt,
  };
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

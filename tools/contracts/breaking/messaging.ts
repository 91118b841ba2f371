import { canonical } from './canonical.ts';
import type { Channel, Message, Schema } from './contracts.ts';
import type { Exchange, Sides } from './exchanges.ts';
import { type Finding, finding } from './finding.ts';
import type { Area } from './rules.ts';

interface Found {
  readonly findings: Finding[];
  readonly exchanges: Exchange[];
}

/** Compares topics and queues: programs of both contracts write to them and read from them while a deploy is rolling. */
export function compareMessaging(sides: Sides): Found {
  const found: Found = { findings: [], exchanges: [] };
  const now = new Map(Object.entries(sides.now.channels).map(([id, channel]) => [wireName(id, channel), channel]));
  for (const [id, old] of Object.entries(sides.old.channels)) {
    const channel = now.get(wireName(id, old));
    const name = old.address ?? id;
    const area: Area = old.protocol === 'kafka' ? 'topics' : 'amqp';
    if (channel === undefined) {
      const moved = sides.now.channels[id];
      const where = moved === undefined ? '' : `; ${id} is at ${moved.address ?? 'no fixed address'} now`;
      found.findings.push(finding('topic-removed', area, name, `${name} is gone${where}`));
      continue;
    }
    const tell = (rule: Parameters<typeof finding>[0], what: string): void =>
      void found.findings.push(finding(rule, area, name, what));
    compareTopic(old, channel, tell);
    if (canonicalQueue(old) !== canonicalQueue(channel))
      tell(
        'queue-declaration-changed',
        `it was declared with ${canonicalQueue(old)}, and is with ${canonicalQueue(channel)}`,
      );
    compareRoles(old, channel, tell);
    compareMessages(sides, area, name, old, channel, found);
  }
  return found;
}

function wireName(id: string, { protocol, address }: Channel): string {
  return `${protocol} ${address ?? `(${id})`}`;
}

type Tell = (rule: Parameters<typeof finding>[0], what: string) => void;

function compareTopic({ kafka: old }: Channel, { kafka: now }: Channel, tell: Tell): void {
  if (old === null || now === null) {
    if (old !== now) tell('topic-setting-changed', 'its partitions and settings are said on one side alone');
    return;
  }
  const partitions = `${old.partitions} partitions have become ${now.partitions}`;
  if (now.partitions < old.partitions) tell('partitions-fewer', partitions);
  if (now.partitions > old.partitions) tell('partitions-more', partitions);
  for (const key of new Set([...Object.keys(old.configuration), ...Object.keys(now.configuration)])) {
    const [before, after] = [old.configuration[key], now.configuration[key]];
    if (before === after) continue;
    const what = `${key} was ${before ?? "the broker's own"}, and is ${after ?? "the broker's own"}`;
    if (key === 'cleanup.policy') tell('cleanup-changed', what);
    else if (key !== 'retention.ms' && key !== 'retention.bytes') tell('topic-setting-changed', what);
    else if (isShorter(before, after)) tell('retention-shorter', what);
  }
}

/** Whether messages may go sooner; -1 is for ever, and what is not said is the broker's to decide. */
function isShorter(before: string | undefined, after: string | undefined): boolean {
  const amount = (text: string): number => (Number(text) < 0 ? Number.POSITIVE_INFINITY : Number(text));
  if (before === undefined) return after !== undefined && Number(after) >= 0;
  return after === undefined || amount(after) < amount(before);
}

function canonicalQueue({ queue }: Channel): string {
  return queue === null ? 'nothing' : canonical(queue, {});
}

function compareRoles({ roles: old }: Channel, { roles: now }: Channel, tell: Tell): void {
  for (const [action, { replyTo, replyChannel }] of Object.entries(old)) {
    const role = now[action];
    if (role === undefined) tell('role-removed', `there is no operation any more that is to ${action}`);
    else if (role.replyTo !== replyTo || (role.replyChannel === null) !== (replyChannel === null))
      tell('reply-changed', `replies went to ${replyTo ?? 'nobody'}, and go to ${role.replyTo ?? 'nobody'}`);
  }
}

function compareMessages(sides: Sides, area: Area, name: string, old: Channel, now: Channel, found: Found): void {
  const [before, after] = [Object.values(old.messages), Object.values(now.messages)];
  const tell = (rule: Parameters<typeof finding>[0], what: string): void =>
    void found.findings.push(finding(rule, area, name, what));
  const differs = (part: (message: Message) => string): string | undefined => {
    const [one, other] = [before, after].map((messages) => [...new Set(messages.map(part))].sort().join(', '));
    return one === other ? undefined : `it was ${one}, and is ${other}`;
  };
  const contentType = differs((message) => message.contentType);
  if (contentType !== undefined) tell('content-type-changed', contentType);
  const correlation = differs((message) => message.correlation ?? 'nowhere');
  if (correlation !== undefined) tell('correlation-changed', correlation);
  const kind = differs(({ payload }) => (payload === null ? 'bytes without a schema' : 'JSON with a schema'));
  if (kind !== undefined) tell('payload-kind-changed', kind);
  for (const part of ['payload', 'headers'] as const) {
    const [one, other] = [schemaOf(before, part), schemaOf(after, part)];
    const where = part === 'payload' ? name : `${name}, headers`;
    if (one !== null && other !== null) found.exchanges.push(...sides.both(area, 'message', where, name, one, other));
  }
}

/** What any of a channel's messages may be; null where one of them has no schema. */
function schemaOf(messages: readonly Message[], part: 'payload' | 'headers'): Schema | null {
  const schemas = messages.map((message) => message[part]);
  const [only] = schemas;
  if (schemas.some((schema) => schema === null) || only === undefined) return null;
  return schemas.length === 1 ? only : { anyOf: schemas as Schema[] };
}

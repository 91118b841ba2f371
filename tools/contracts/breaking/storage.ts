import { Scope } from './clauses.ts';
import type { Collection, RedisEntry, Schema } from './contracts.ts';
import type { Exchange, Sides } from './exchanges.ts';
import { type Finding, finding } from './finding.ts';
import type { RuleId } from './rules.ts';

interface Found {
  readonly findings: Finding[];
  readonly exchanges: Exchange[];
}

/** Compares what stands in Redis and in MongoDB: old and new programs write and read it, and some of it is there already. */
export function compareStorage(sides: Sides): Found {
  const found: Found = { findings: [], exchanges: [] };
  compareRedis(sides, found);
  compareMongodb(sides, found);
  return found;
}

function compareRedis(sides: Sides, found: Found): void {
  for (const [name, old] of Object.entries(sides.old.redis)) {
    // An entry's name is no name on the wire.
    const now = sides.now.redis[name] ?? Object.values(sides.now.redis).find((entry) => sameKey(entry.key, old.key));
    const tell = (rule: RuleId, what: string): void => void found.findings.push(finding(rule, 'redis', old.key, what));
    if (now === undefined) {
      tell('key-removed', `${old.key} (${name}) is gone`);
      continue;
    }
    if (!sameKey(old.key, now.key)) tell('key-renamed', `${old.key} is ${now.key} now`);
    if (old.notify !== null && (now.notify === null || !sameKey(old.notify, now.notify)))
      tell('key-renamed', `changes were told on ${old.notify}, and are on ${now.notify ?? 'none'}`);
    if (old.kind !== now.kind) tell('kind-changed', `a ${old.kind} is a ${now.kind} now`);
    if (lifetime(now.ttl) < lifetime(old.ttl))
      tell('ttl-shorter', `it was kept for ${old.ttl ?? 'ever'}, and is for ${now.ttl ?? 'ever'}`);
    if (old.schema === null || now.schema === null) continue;
    compareEncodings(sides, old, now, tell);
    found.exchanges.push(...sides.both('redis', 'stored', old.key, old.key, old.schema, now.schema));
  }
}

/** Whether two templates name the same keys: what a parameter is called is not in the key, unless it is one of the others. */
function sameKey(one: string, other: string): boolean {
  const parts = (template: string): string[] => template.split(/\{[^}]*\}/);
  const names = (template: string): string[] => [...template.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '');
  if (parts(one).join('{}') !== parts(other).join('{}')) return false;
  const [before, after] = [names(one), names(other)];
  return before.every((name, index) => name === after[index] || !after.includes(name));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function lifetime(ttl: string | null): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(ttl ?? '');
  return match === null ? Number.POSITIVE_INFINITY : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
}

function compareEncodings(
  sides: Sides,
  old: RedisEntry,
  now: RedisEntry,
  tell: (rule: RuleId, what: string) => void,
): void {
  if (old.kind !== 'hash') return;
  const fields = fieldsOf(new Scope(sides.old.types, 'exact'), old.schema ?? {});
  const kept = fieldsOf(new Scope(sides.now.types, 'exact'), now.schema ?? {});
  for (const field of fields.filter((name) => kept.includes(name))) {
    const [before, after] = [old.encoding[field] ?? 'string', now.encoding[field] ?? 'string'];
    if (before !== after) tell('encoding-changed', `${field} was written as ${before}, and is as ${after}`);
  }
}

function fieldsOf(scope: Scope, schema: Schema): string[] {
  return scope
    .clausesOf(schema)
    .list.flatMap((clause) => (clause.type === 'object' ? Object.keys(clause.properties) : []));
}

function compareMongodb(sides: Sides, found: Found): void {
  const byName = new Map(Object.values(sides.now.mongodb).map((entry) => [entry.collection, entry]));
  for (const [name, old] of Object.entries(sides.old.mongodb)) {
    const now = byName.get(old.collection);
    const tell = (rule: RuleId, what: string): void =>
      void found.findings.push(finding(rule, 'mongodb', old.collection, what));
    if (now === undefined) {
      const moved = sides.now.mongodb[name];
      tell(
        'collection-removed',
        `${old.collection} is gone${moved === undefined ? '' : `; ${name} is ${moved.collection} now`}`,
      );
      continue;
    }
    if (old.id !== now.id)
      tell('id-changed', `the _id was ${old.id ?? "the server's own"}, and is ${now.id ?? "the server's own"}`);
    compareIndexes(old, now, tell);
    found.exchanges.push(...sides.both('mongodb', 'stored', old.collection, old.collection, old.schema, now.schema));
  }
}

function compareIndexes(old: Collection, now: Collection, tell: (rule: RuleId, what: string) => void): void {
  const keysOf = (index: Collection['indexes'][number]): string => JSON.stringify(Object.entries(index.keys));
  for (const index of old.indexes) {
    const same = now.indexes.find((other) => keysOf(other) === keysOf(index));
    if (same === undefined)
      tell(
        index.unique ? 'unique-removed' : 'index-removed',
        `the ${index.unique ? 'unique ' : ''}index ${index.name} is gone`,
      );
    else if (index.unique && !same.unique) tell('unique-removed', `${index.name} is not unique any more`);
    else if (!index.unique && same.unique) tell('unique-added', `${index.name} is unique now`);
    if (same !== undefined && same.name !== index.name)
      tell('index-clash', `${index.name} is called ${same.name} now, with the same keys`);
    if (now.indexes.some((other) => other.name === index.name && keysOf(other) !== keysOf(index)))
      tell('index-clash', `${index.name} has other keys now`);
  }
  for (const index of now.indexes) {
    if (index.unique && !old.indexes.some((other) => keysOf(other) === keysOf(index)))
      tell('unique-added', `the unique index ${index.name} is new`);
  }
}

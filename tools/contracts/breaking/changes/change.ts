import type { Json, JsonObject } from '../../../codegen/specs.ts';
import type { SpecData } from '../read.ts';
import type { RuleId } from '../rules.ts';

/** A change of the specs, and what the gate must say of it. */
export interface Change {
  readonly name: string;
  /** What the released specs had before, where it is not what the specs have now. */
  readonly before?: (specs: SpecData) => void;
  readonly edit: (specs: SpecData) => void;
  /** The rules that it breaks, every one; none for a change that breaks nobody. Who is affected stands with the rule. */
  readonly breaks: readonly RuleId[];
  /** The rules of what is only to be known of. */
  readonly notices?: readonly RuleId[];
  /** Nobody can tell: it counts as breaking, and no instance shows it. */
  readonly undecided?: boolean;
}

export function change(
  name: string,
  edit: (specs: SpecData) => void,
  breaks: readonly RuleId[] = [],
  more: Partial<Change> = {},
): Change {
  return { name, edit, breaks, ...more };
}

type Key = string | number;

/** The value at a path below a part of the specs. Throws where there is none, for then the specs have moved on. */
export function at<T extends Json = JsonObject>(root: Json, ...keys: readonly Key[]): T {
  let value: Json = root;
  for (const key of keys) {
    const next: Json | undefined =
      typeof value === 'object' && value !== null ? (value as Record<Key, Json>)[key] : undefined;
    if (next === undefined) throw new Error(`there is no ${keys.join('/')} (${key} is missing)`);
    value = next;
  }
  return value as T;
}

/** A property of a type of specs/schemas. */
export function property(specs: SpecData, type: string, ...names: readonly string[]): JsonObject {
  return names.reduce<JsonObject>((schema, name) => at(schema, 'properties', name), at(specs.schemas, type));
}

/** A property of the weather job's payload. */
export function payload(specs: SpecData, name: string): JsonObject {
  return at(specs.jobs, 'weather', 'payload', 'properties', name);
}

export function operation(specs: SpecData, path: string, method: string): JsonObject {
  return at(specs.openapi, 'paths', path, method);
}

export function channel(specs: SpecData, id: string): JsonObject {
  return at(specs.asyncapi, 'channels', id);
}

/** Takes a member out of a list. Throws where it is not in it. */
export function drop(list: Json, member: Json): void {
  const index = (list as Json[]).indexOf(member);
  if (index < 0) throw new Error(`${JSON.stringify(member)} is not in ${JSON.stringify(list)}`);
  (list as Json[]).splice(index, 1);
}

/** Takes a field out of an object. Throws where it has none. */
export function remove(object: Json, key: string): void {
  if (typeof object !== 'object' || object === null || !(key in object)) throw new Error(`there is no ${key}`);
  delete (object as JsonObject)[key];
}

/** Puts something else in an object's place. */
export function become(object: JsonObject, other: JsonObject): void {
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, other);
}

export function add(list: Json, ...members: readonly Json[]): void {
  (list as Json[]).push(...members);
}

/** Does something with every object below a value, the deepest first. */
export function everywhere(value: Json, visit: (object: JsonObject) => void): void {
  if (Array.isArray(value)) for (const item of value) everywhere(item, visit);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) everywhere(item, visit);
    visit(value);
  }
}

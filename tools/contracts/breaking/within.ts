import type { Json, JsonObject } from '../../codegen/specs.ts';
import { sameSchema } from './canonical.ts';
import {
  type ArrayClause,
  additionalOf,
  type Clause,
  type NumberClause,
  type ObjectClause,
  Scope,
  valuesOf,
} from './clauses.ts';
import type { Schema } from './contracts.ts';
import { type Fault, fault, list, shown, wrapped } from './fault.ts';
import { isMemberOf } from './member.ts';
import { distinct, sampleOf, sampleOfClause } from './sample.ts';
import { booleanFaults, covered, numberFaults, stringFaults } from './within-values.ts';

const DEEPEST_SPLIT = 3;
const LONGEST_SPLIT = 60;

/** Compares schemas of a writer with those of a reader, as sets of instances. */
export class Comparison {
  readonly writer: Scope;
  readonly reader: Scope;
  readonly #known = new WeakMap<Schema, Map<Schema, readonly Fault[]>>();

  constructor(writer: Scope, reader: Scope) {
    this.writer = writer;
    this.reader = reader;
  }

  /**
   * What may come from the writer and is not taken by the reader; nothing where every instance of the one is one of the
   * other. A fault without a witness is one that could not be decided, or of which no instance was found.
   */
  faults(a: Schema, b: Schema): readonly Fault[] {
    const known = this.#known.get(a) ?? new Map<Schema, readonly Fault[]>();
    this.#known.set(a, known);
    const before = known.get(b);
    if (before !== undefined) return before;
    // A pair that is met again below itself holds if all else does.
    known.set(b, []);
    const found = this.#compare(a, b);
    known.set(b, found);
    return found;
  }

  #compare(a: Schema, b: Schema): readonly Fault[] {
    if (sameSchema(a, this.writer.types, b, this.reader.types)) return [];
    const { list: writers } = this.writer.clausesOf(a);
    const readers = this.reader.clausesOf(b);
    let found = writers.flatMap((clause) => this.#clause(clause, readers.list, DEEPEST_SPLIT));
    if (found.length === 0 && readers.loose !== undefined && writers.length > 0)
      found = [fault('oneOf', `whether it is taken cannot be told: ${readers.loose}`, undefined)];
    const type = Scope.nameOf(a) ?? Scope.nameOf(b);
    if (type === undefined) return unique(found);
    return unique(
      found.map((each) => (each.place === undefined ? { ...each, place: { type, path: each.path } } : each)),
    );
  }

  #clause(a: Clause, all: readonly Clause[], depth: number): Fault[] {
    const { origin } = a;
    const found = this.#alternative(a, all, depth);
    if (origin === undefined) return found;
    return found.map((each) =>
      each.place === undefined ? { ...each, place: { type: origin, path: each.path } } : each,
    );
  }

  #alternative(a: Clause, all: readonly Clause[], depth: number): Fault[] {
    const sameType = all.filter(({ type }) => type === a.type);
    // Alternatives that are told apart by a field with a fixed value need no look, where there is one that is meant.
    const meant = sameType.filter((reader) => this.#agreed(a, reader) >= 0);
    const readers = meant.length > 0 ? meant : sameType;
    if (readers.length === 0) {
      const taken = [...new Set(all.map(({ type }) => type))].join(' or ');
      return [
        fault(
          'type',
          `${a.type === 'null' ? 'null' : `${article(a.type)}`} may come, and only ${taken || 'nothing'} is taken`,
          () => sampleOfClause(a, this.writer),
        ),
      ];
    }
    const attempts = readers.map((reader) => ({ reader, found: this.#single(a, reader) }));
    if (attempts.some(({ found }) => found.length === 0)) return [];
    if (attempts.length === 1) return attempts[0]?.found ?? [];
    const best = attempts
      .map((attempt) => ({ ...attempt, agreed: this.#agreed(a, attempt.reader) }))
      .sort((one, other) => other.agreed - one.agreed || one.found.length - other.found.length)[0];
    // What one alternative refuses, another may take.
    const found = (best?.found ?? []).map((each) =>
      wrapped(each, undefined, (whole) =>
        readers.some((reader) => isMemberOf(whole, reader, this.reader)) ? undefined : whole,
      ),
    );
    if (found.some((each) => each.witness() !== undefined)) return found;
    return this.#together(a, readers, depth) ? [] : found;
  }

  /** How many fields with a fixed value two objects have in common, the alternative that is meant has the most; -1 where one differs. */
  #agreed(a: Clause, b: Clause): number {
    if (a.type !== 'object' || b.type !== 'object') return 0;
    let count = 0;
    for (const name of a.required) {
      const [own, other] = [a.properties[name], b.properties[name]];
      if (own === undefined || other === undefined) continue;
      const values = valuesOf(own, this.writer).map((value) => JSON.stringify(value));
      const taken = valuesOf(other, this.reader).map((value) => JSON.stringify(value));
      if (values.length > 0 && taken.length > 0) {
        if (!values.some((value) => taken.includes(value))) return -1;
        count += 1;
      }
    }
    return count;
  }

  /** Whether several alternatives together take what none of them takes alone. */
  #together(a: Clause, readers: readonly Clause[], depth: number): boolean {
    if (depth === 0 || a.type === 'null') return false;
    if (a.values !== undefined) {
      const values: readonly Json[] = a.values;
      return values.every((value) => readers.some((reader) => isMemberOf(value, reader, this.reader)));
    }
    if (a.type === 'number') return covered(a, readers as NumberClause[]);
    if (a.type !== 'object') return false;
    return Object.keys(a.properties).some((name) => {
      const cases = this.#cases(a, name);
      return cases.length > 1 && cases.every((each) => this.#clause(each, readers, depth - 1).length === 0);
    });
  }

  /** An object cut by what one of its fields may be: by its values, by its alternatives, by whether it is there. */
  #cases(a: ObjectClause, name: string): ObjectClause[] {
    const schema = a.properties[name] ?? {};
    const values = valuesOf(schema, this.writer);
    const { list: clauses } = this.writer.clausesOf(schema);
    const parts: Schema[] =
      values.length > 0
        ? values.map((value) => ({ const: value }))
        : clauses.map((clause) => ({ allOf: [schema, { type: clause.type }] }));
    if (parts.length > LONGEST_SPLIT) return [];
    const required = [...new Set([...a.required, name])];
    const there = parts.map((part) => ({ ...a, required, properties: { ...a.properties, [name]: part } }));
    if (a.required.includes(name)) return there;
    const { [name]: _, ...rest } = a.properties;
    return [...there, { ...a, properties: rest, additional: undefined, unsaid: false }];
  }

  #single(a: Clause, b: Clause): Fault[] {
    if (a.type === 'boolean' && b.type === 'boolean') return booleanFaults(a, b);
    if (a.type === 'number' && b.type === 'number') return numberFaults(a, b);
    if (a.type === 'string' && b.type === 'string') return stringFaults(a, b);
    if (a.type === 'array' && b.type === 'array') return this.#arrays(a, b);
    if (a.type === 'object' && b.type === 'object') return this.#objects(a, b);
    return [];
  }

  #arrays(a: ArrayClause, b: ArrayClause): Fault[] {
    const listed = this.#listed(a, b);
    if (listed !== undefined) return listed;
    const faults: Fault[] = [];
    const filled = (count: number): Json | undefined => distinct(a.items, this.writer, count, a.unique);
    const numbers = `${a.min} to ${a.max} items may come, and only ${b.min} to ${b.max} are taken`;
    if (a.min < b.min) faults.push(fault('minItems', numbers, () => filled(a.min)));
    if (a.max > b.max) faults.push(fault('maxItems', numbers, () => filled(b.max + 1)));
    if (b.unique && !a.unique && a.max > 1) {
      const twice = (): Json | undefined => {
        const item = sampleOf(a.items, this.writer);
        return item === undefined ? undefined : distinct(a.items, this.writer, Math.max(2, a.min), false, [item, item]);
      };
      faults.push(fault('uniqueItems', 'an item may come twice, and each is taken only once', twice));
    }
    if (a.max === 0) return faults;
    const inner = this.faults(a.items, b.items).map((each) =>
      wrapped(each, '*', (item) => distinct(a.items, this.writer, Math.max(1, a.min), a.unique, [item])),
    );
    return [...faults, ...inner];
  }

  #objects(a: ObjectClause, b: ObjectClause): Fault[] {
    const listed = this.#listed(a, b);
    if (listed !== undefined) return listed;
    const faults: Fault[] = [];
    const made = (fixed: JsonObject = {}): Json | undefined => sampleOfClause(a, this.writer, fixed);
    for (const name of b.required) {
      if (!a.required.includes(name))
        faults.push(fault('required', `the field ${name} may be missing, and is required`, () => made()));
    }
    const [own, taken] = [additionalOf(a, this.writer), additionalOf(b, this.reader)];
    const named = new Set([...Object.keys(a.properties), ...(own === undefined ? [] : Object.keys(b.properties))]);
    for (const name of named) {
      const schema = a.properties[name] ?? (own as Schema);
      if (this.writer.clausesOf(schema).list.length === 0) continue;
      const reader = b.properties[name] ?? taken;
      if (reader === undefined) {
        const unknown = fault('additionalProperties', `the field ${name} may come, and is not known`, () =>
          sampleOf(schema, this.writer),
        );
        faults.push(...this.#below(name, [unknown], made));
      } else faults.push(...this.#below(name, this.faults(schema, reader), made));
    }
    if (own !== undefined && this.writer.clausesOf(own).list.length > 0) {
      const name = 'any_other_field';
      if (taken === undefined) {
        const text = 'fields that are not named may come, and are not known';
        faults.push(
          ...this.#below(name, [fault('additionalProperties', text, () => sampleOf(own, this.writer))], made),
        );
      } else faults.push(...this.#below(name, this.faults(own, taken), made));
    }
    return [...faults, ...this.#counts(a, b, own)];
  }

  #below(name: string, inner: readonly Fault[], made: (fixed: JsonObject) => Json | undefined): Fault[] {
    return inner.map((each) => wrapped(each, name, (value) => made({ [name]: value })));
  }

  #counts(a: ObjectClause, b: ObjectClause, own: Schema | undefined): Fault[] {
    const faults: Fault[] = [];
    const least = Math.max(a.min, a.required.length);
    const most = own === undefined ? Math.min(a.max, Object.keys(a.properties).length) : a.max;
    const numbers = `${least} to ${most} fields may come, and only ${b.min} to ${b.max} are taken`;
    if (least < b.min) faults.push(fault('minProperties', numbers, () => sampleOfClause(a, this.writer)));
    if (most > b.max)
      faults.push(fault('maxProperties', numbers, () => sampleOfClause({ ...a, min: b.max + 1 }, this.writer)));
    return faults;
  }

  /** Objects and arrays that are listed one by one. */
  #listed(a: ArrayClause | ObjectClause, b: ArrayClause | ObjectClause): Fault[] | undefined {
    const values: readonly Json[] | undefined = a.values;
    if (values !== undefined) {
      return values
        .filter((value) => !isMemberOf(value, b, this.reader))
        .map((value) => fault('enum', `${shown(value)} may come, and is not taken`, value));
    }
    if (b.values === undefined) return undefined;
    return [fault('enum', `only ${list(b.values)} is taken`, () => sampleOfClause(a, this.writer))];
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function unique(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Map<string, Fault>();
  for (const each of faults) {
    const key = JSON.stringify([each.path, each.place, each.keyword, each.text]);
    const before = seen.get(key);
    seen.set(key, before === undefined ? each : { ...before, witness: () => before.witness() ?? each.witness() });
  }
  return [...seen.values()];
}

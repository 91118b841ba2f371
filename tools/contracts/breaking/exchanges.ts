import fc from 'fast-check';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import { canonical } from './canonical.ts';
import { Scope } from './clauses.ts';
import { type Contracts, mapValues, type NamedType, type Schema } from './contracts.ts';
import type { Fault } from './fault.ts';
import { type Finding, finding } from './finding.ts';
import { instancesOf } from './instances.ts';
import type { Area, RuleId } from './rules.ts';
import { type Reader, readAs } from './validators.ts';
import { Comparison } from './within.ts';

type Types = Readonly<Record<string, NamedType>>;

/** Something that one side writes and the other reads: every instance of the writer's schema must be one of the reader's. */
export interface Exchange {
  readonly area: Area;
  readonly rule: Extract<RuleId, 'request' | 'answer' | 'old-message' | 'new-message' | 'old-stored' | 'new-stored'>;
  /** Where it is exchanged, such as `POST /v1/jobs, body`. */
  readonly place: string;
  /** The topic, key or collection, for the name of its next version. */
  readonly name: string | null;
  readonly writer: { readonly types: Types; readonly schema: Schema };
  readonly reader: { readonly types: Types; readonly schema: Schema; readonly as: Reader };
}

/** Both sides of a comparison, with what an old reader can meet of the new contracts. */
export class Sides {
  readonly old: Contracts;
  readonly now: Contracts;
  /** The new types as far as they speak of job types that the old contracts know. */
  readonly known: Types;
  readonly #comparisons = new Map<string, Comparison>();

  constructor(old: Contracts, now: Contracts) {
    this.old = old;
    this.now = now;
    this.known = withJobTypes(now, old.jobTypes);
  }

  /** Old clients ask new servers. */
  request(place: string, writer: Schema, reader: Schema): Exchange {
    return {
      area: 'rest',
      rule: 'request',
      place,
      name: null,
      writer: { types: this.old.types, schema: writer },
      reader: { types: this.now.types, schema: reader, as: 'strict' },
    };
  }

  /** New servers answer old clients. */
  answer(place: string, writer: Schema, reader: Schema): Exchange {
    return {
      area: 'rest',
      rule: 'answer',
      place,
      name: null,
      writer: { types: this.known, schema: writer },
      reader: { types: this.old.types, schema: reader, as: 'client' },
    };
  }

  /** Programs of both contracts write, and programs of both read, at the same time. */
  both(area: Area, kind: 'message' | 'stored', place: string, name: string, old: Schema, now: Schema): Exchange[] {
    return [
      {
        area,
        rule: `old-${kind}`,
        place,
        name,
        writer: { types: this.old.types, schema: old },
        reader: { types: this.now.types, schema: now, as: 'tolerant' },
      },
      {
        area,
        rule: `new-${kind}`,
        place,
        name,
        writer: { types: this.known, schema: now },
        reader: { types: this.old.types, schema: old, as: 'tolerant' },
      },
    ];
  }

  /** What of an exchange does not pass. */
  faults({ writer, reader }: Exchange): readonly Fault[] {
    const key = `${[this.old.types, this.now.types, this.known].indexOf(writer.types)} ${reader.types === this.old.types} ${reader.as}`;
    let comparison = this.#comparisons.get(key);
    if (comparison === undefined) {
      const view = reader.as === 'strict' ? 'exact' : 'reader';
      comparison = new Comparison(new Scope(writer.types, 'writer'), new Scope(reader.types, view));
      this.#comparisons.set(key, comparison);
    }
    return comparison.faults(writer.schema, reader.schema);
  }

  sourceOf(type: string): string | undefined {
    return (this.now.types[type] ?? this.old.types[type])?.source;
  }
}

/** Whether anything is different between what is written and what is read. */
export function isChanged({ writer, reader }: Exchange): boolean {
  return canonical(writer.schema, writer.types) !== canonical(reader.schema, reader.types);
}

/** What of all exchanges does not pass; one finding for what is one fault of one type, wherever that is exchanged. */
export function exchangeFindings(sides: Sides, exchanges: readonly Exchange[]): Finding[] {
  const groups = new Map<string, { exchange: Exchange; fault: Fault; seen: string[]; witness: Json | undefined }>();
  for (const exchange of exchanges) {
    for (const fault of sides.faults(exchange)) {
      const { place, path, keyword, text } = fault;
      const where = place === undefined ? [exchange.place, path] : [place.type, place.path];
      const key = JSON.stringify([exchange.rule, exchange.area === 'rest', where, keyword, text]);
      const group = groups.get(key) ?? { exchange, fault, seen: [], witness: undefined };
      groups.set(key, group);
      group.seen.push(exchange.place);
      if (group.witness !== undefined) continue;
      const witness = fault.witness();
      if (witness !== undefined && confirms(exchange, witness)) group.witness = witness;
    }
  }
  return [...groups.values()].map(({ exchange, fault, seen, ...group }) => {
    const witness = group.witness ?? (sides.faults(exchange).length === 1 ? searched(exchange) : undefined);
    const { place, path, text } = fault;
    const pointer = (names: readonly string[]): string => names.map((name) => `/${name}`).join('');
    const where =
      place === undefined ? `${exchange.place} ${pointer(path)}`.trim() : `${place.type}${pointer(place.path)}`;
    const document = place === undefined ? undefined : sides.sourceOf(place.type);
    return finding(exchange.rule, exchange.area, where, text, {
      ...(document === undefined ? {} : { document }),
      ...(witness === undefined ? { severity: 'undecided' as const } : { witness }),
      seen: [...new Set(seen)],
      name: exchange.name,
    });
  });
}

const TRIES = 200;
const SEED = 1;

/** An instance that is refused, looked for among what may come: for a fault that nobody could decide. */
function searched(exchange: Exchange): Json | undefined {
  const { types, schema } = exchange.writer;
  try {
    const instances = fc.sample(instancesOf(schema, new Scope(types, 'writer')), { numRuns: TRIES, seed: SEED });
    return instances.find((instance) => confirms(exchange, instance));
  } catch {
    // What no instance can be made of stays undecided.
    return undefined;
  }
}

/** Whether the validators agree that the writer may write a value and the reader refuses it. */
function confirms({ writer, reader }: Exchange, witness: Json): boolean {
  return (
    readAs(writer.types, 'strict', writer.schema, witness).taken &&
    !readAs(reader.types, reader.as, reader.schema, witness).taken
  );
}

/** Types with only the branches and members of some job types. */
function withJobTypes(contracts: Contracts, jobTypes: readonly string[]): Types {
  const added = contracts.jobTypes.filter((jobType) => !jobTypes.includes(jobType));
  if (added.length === 0) return contracts.types;
  const all = new Set(contracts.jobTypes);
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const result = mapValues(value, visit) as JsonObject;
    const members = value['enum'];
    if (Array.isArray(members) && members.length === all.size && members.every((member) => all.has(String(member))))
      result['enum'] = members.filter((member) => !added.includes(String(member)));
    return result;
  };
  return mapValues(contracts.types, ({ schema, source, variants }) => {
    if (variants === null) return { schema: visit(schema) as Schema, source, variants };
    const kept = Object.fromEntries(Object.entries(variants).filter(([jobType]) => !added.includes(jobType)));
    const names = new Set(Object.values(kept).map((name) => `dtq:${name}`));
    const branches = (schema['oneOf'] as JsonObject[]).filter(({ $ref }) => names.has(String($ref)));
    return { schema: { ...schema, oneOf: branches }, source, variants: kept };
  });
}

import fc from 'fast-check';
import type { Json } from '../../codegen/specs.ts';
import { canonical } from './canonical.ts';
import { Scope } from './clauses.ts';
import type { Exchange } from './exchanges.ts';
import { instancesOf } from './instances.ts';
import { readAs } from './validators.ts';

/** An instance that did not go through, and what the validator said. */
export interface Refused {
  readonly place: string;
  readonly by: 'writer' | 'reader' | 'reading';
  readonly instance: Json;
  readonly why: string;
}

/** One exchange of each kind: what differs in its place alone is left out. */
export function distinctExchanges(exchanges: readonly Exchange[]): Exchange[] {
  const kinds = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    const { rule, writer, reader } = exchange;
    const texts = [canonical(writer.schema, writer.types), canonical(reader.schema, reader.types)];
    kinds.set([rule, reader.as, ...texts].join('\n'), exchange);
  }
  return [...kinds.values()];
}

/**
 * Makes instances of what the writer may write, and puts each through the writer's validator and then the reader's. Gives
 * those that either refused, and those of which the reader has something else than was written.
 */
export function replay(exchange: Exchange, count: number, seed: number): Refused[] {
  const { place, writer, reader } = exchange;
  const arbitrary = instancesOf(writer.schema, new Scope(writer.types, 'writer'));
  return fc.sample(arbitrary, { numRuns: count, seed }).flatMap((instance): Refused[] => {
    const written = readAs(writer.types, 'strict', writer.schema, instance);
    if (!written.taken) return [{ place, by: 'writer', instance, why: written.why }];
    const { taken, read, why } = readAs(reader.types, reader.as, reader.schema, instance);
    if (!taken) return [{ place, by: 'reader', instance, why }];
    return isPartOf(read, instance)
      ? []
      : [{ place, by: 'reading', instance, why: `it was read as ${JSON.stringify(read)}` }];
  });
}

/** Whether a value is another with nothing but fields left out. */
export function isPartOf(part: Json, whole: Json): boolean {
  if (typeof part !== 'object' || part === null) return part === whole;
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  if (Array.isArray(part) && part.length !== (whole as Json[]).length) return false;
  return Object.entries(part).every(([key, value]) => {
    const other = (whole as { [key: string]: Json })[key];
    return other !== undefined && isPartOf(value, other);
  });
}

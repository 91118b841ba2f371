import { uuidOf } from '@dtq/core/submit-id.ts';

/** Numbers from 0 up to 1, the same from the same seed. */
export type Random = () => number;

/** Mulberry32 over a mix of the parts: small, quick, and good enough for what only has to look lifelike. */
export function seeded(...parts: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const part of parts) state = mix(state ^ (part >>> 0));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 2 ** 32;
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

/** A number of the span, both ends included or nearly so. */
export function between(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}

/** One of them. There must be one. */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** A UUID version 4 in form (RFC 9562, section 5.4). */
export function uuid(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
  return uuidOf(bytes);
}

import { isDeepStrictEqual } from 'node:util';
import type { Validator } from '@dtq/generated/validators/validator.ts';
import type { Kit } from './kit.ts';
import type { Need } from './parts.ts';

/** The sections of contracts.md, in its order. */
export const SECTIONS = {
  http: '1. HTTP',
  kafka: '2. Kafka',
  redis: '3. Stores: Redis',
  mongo: '3. Stores: MongoDB',
  amqp: '4. RabbitMQ progress request/reply',
} as const;
export type Section = keyof typeof SECTIONS;

/** One promise of the contracts, and how to find out whether an implementation keeps it. */
export interface Check {
  /** Section and name, such as `http.submit-location`; stable, for `--only` and for reports that are compared. */
  readonly id: `${Section}.${string}`;
  readonly title: string;
  /** The sentence of contracts.md (or of specs/, where it goes into more detail) that it holds. */
  readonly promise: string;
  readonly needs: readonly Need[];
  /** Throws `Broken` where the promise is not kept. `note` takes what was seen, as evidence. */
  readonly run: (kit: Kit, note: (evidence: string) => void) => Promise<void>;
}

/** The promise is not kept. */
export class Broken extends Error {
  override name = 'Broken';
}

export function hold(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Broken(otherwise);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Broken(`${what} must be ${shown(expected)}, and is ${shown(actual)}`);
}

/** Holds a value to a schema of the contracts, unknown fields included. */
export function valid<T>(validate: Validator<T>, value: unknown, what: string): T {
  if (validate(value)) return value;
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = params['additionalProperty'];
    return `${instancePath || '/'} ${message}${extra === undefined ? '' : ` (${String(extra)})`}`;
  });
  throw new Broken(`${what} breaks its schema: ${[...new Set(faults)].join('; ')}: ${shown(value)}`);
}

/** As JSON, shortened. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

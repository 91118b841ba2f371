import type { Json } from '../../codegen/specs.ts';
import { type Area, RULES, type RuleId, type Severity } from './rules.ts';

export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly area: Area;
  /** What of the contracts it is about: an operation, topic, key, collection, or a place in a type. */
  readonly place: string;
  /** The file of specs/ where it is to be mended. */
  readonly document: string;
  /** Where it shows: more than one where a type is used more than once. */
  readonly seen: readonly string[];
  readonly what: string;
  readonly affects: string;
  /** An instance that the one side may write and the other refuses, as the validators have confirmed. */
  readonly witness?: Json;
  readonly instead: string;
}

/** A finding of a rule. `name` is what a new version would be a version of. */
export function finding(
  rule: RuleId,
  area: Area,
  place: string,
  what: string,
  more: { document?: string; seen?: readonly string[]; witness?: Json; name?: string | null; severity?: Severity } = {},
): Finding {
  const { severity, affects, instead } = RULES[rule];
  const { document = DOCUMENTS[area], seen = [place], witness, name } = more;
  return {
    rule,
    severity: more.severity ?? severity,
    area,
    place,
    document,
    seen,
    what,
    affects,
    ...(witness === undefined ? {} : { witness }),
    instead: instead.replaceAll('{next}', nextVersion(name ?? place)),
  };
}

const DOCUMENTS: { readonly [A in Area]: string } = {
  rest: 'specs/openapi.yaml',
  topics: 'specs/asyncapi.yaml',
  amqp: 'specs/asyncapi.yaml',
  redis: 'specs/storage.yaml',
  mongodb: 'specs/storage.yaml',
  lifecycle: 'specs/lifecycle.yaml',
  errors: 'specs/errors.yaml',
};

/** jobs.weather.v1 -> jobs.weather.v2, jobs.weather.v1.high -> jobs.weather.v2.high */
export function nextVersion(name: string): string {
  const next = name.replace(/\.v(\d+)(?=\.|$)/, (_, version: string) => `.v${Number(version) + 1}`);
  return next === name ? `${name}.v2` : next;
}

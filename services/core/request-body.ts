import type { BodyRule } from '@dtq/generated/rest/bodies.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';
import { shortened } from './cut.ts';
import { violations } from './violations.ts';

// What the contract asks of a body, whoever serves it.

/** The headers of a request, by name in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** Why a body of these headers is not read, in words for people; null where it is. */
export function unsupportedMediaType(headers: RequestHeaders): string | null {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (type === 'application/json' && encoding === undefined) return null;
  if (type === undefined) return 'There is no Content-Type; send application/json.';
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  if (essence !== 'application/json') return `The Content-Type is ${shortened(type)}; send application/json.`;
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return `The charset is ${shortened(charset)}; send UTF-8.`;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return `The Content-Encoding is ${shortened(encoding)}; send the body as it is.`;
  return null;
}

/** Every place where a body breaks its schema; none where it keeps it. */
export function violationsOf(body: unknown, { by, validators }: BodyRule): Violation[] {
  const all = Object.values(validators);
  if (by === null) return check(all[0], body);
  const kind =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)[by]
      : undefined;
  if (typeof kind === 'string' && Object.hasOwn(validators, kind)) return check(validators[kind], body);
  // The kind is not known, so nobody can say what else its fields must be. What is wrong for any kind is named all the same.
  const common = check(all[0], body).filter(({ pointer }) => pointer !== `/${by}` && pointer.lastIndexOf('/') <= 0);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return common;
  const kinds = Object.keys(validators).map((name) => JSON.stringify(name));
  const message =
    kind === undefined
      ? 'is required, and missing'
      : `must be one of ${kinds.join(', ')}, not ${shortened(JSON.stringify(kind))}`;
  return [{ pointer: `/${by}`, message }, ...common];
}

function check(validator: BodyRule['validators'][string] | undefined, body: unknown): Violation[] {
  if (validator === undefined || validator(body)) return [];
  return violations(validator.errors, body);
}

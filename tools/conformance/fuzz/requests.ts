import fc, { type Arbitrary } from 'fast-check';
import { OPERATIONS, type Operation, type Parameter } from './schema.ts';
import { anything, fitting, NASTY_TEXTS, PROTO, spoil, spoiled } from './values.ts';

/** What stands for an id that only the run knows: one of those that earlier answers gave. */
export interface Link {
  readonly link: 'job' | 'dead letter' | 'cursor' | 'key';
  /** Which of them, in thousandths of all that there are. */
  readonly place: number;
  /** Used while there is none. */
  readonly otherwise: string;
}

export type Text = string | Link;

/** A request before the links in it are resolved. */
export interface Plan {
  /** Null for a path that is none of the document. */
  readonly operation: Operation | null;
  readonly method: string;
  readonly path: readonly Text[];
  readonly query: readonly (readonly [name: string, value: Text])[];
  readonly headers: readonly (readonly [name: string, value: Text])[];
  /** As it goes over the wire; null for none. */
  readonly body: { readonly bytes: Uint8Array; readonly isChunked: boolean } | null;
  /** The JSON that the bytes hold, where they hold what was meant. */
  readonly json: { readonly value: unknown } | null;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];

const JSON_TYPE: readonly [string, string] = ['content-type', 'application/json'];

/** How a client that means well would wait: no longer than the fuzzer has time. */
const SHORT_WAITS = ['1ms', '20ms', '200ms'];

const linkTo = (kind: Link['link'], otherwise: Arbitrary<string>): Arbitrary<Link> =>
  fc.record({ link: fc.constant(kind), place: fc.integer({ min: 0, max: 999 }), otherwise });

/** What a parameter of the document may be. */
function parameterOf({ name, schema }: Parameter): Arbitrary<Text> {
  const good = fitting(schema).map(String);
  const kind = ({ job_id: 'job', dead_letter_id: 'dead letter', cursor: 'cursor', 'Idempotency-Key': 'key' } as const)[
    name
  ];
  if (kind !== undefined) return fc.oneof({ weight: 4, arbitrary: linkTo(kind, good) }, { weight: 1, arbitrary: good });
  return name === 'wait' ? fc.constantFrom(...SHORT_WAITS) : good;
}

const badText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  anything.map(String),
);

/** A name or value that HTTP can carry in a header. */
const headerText = (text: string): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 5000);

const extraHeaders: Arbitrary<readonly (readonly [string, string])[]> = fc.array(
  fc.constantFrom<readonly [string, string]>(
    ['accept', 'text/html'],
    ['accept', '*/*;q=0'],
    ['accept-encoding', 'br'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['traceparent', 'nonsense'],
    ['x-forwarded-for', '::1'],
    ['x-http-method-override', 'DELETE'],
    ['if-none-match', '*'],
    ['if-modified-since', 'yesterday'],
    ['range', 'bytes=0-1'],
    ['authorization', 'Bearer x'],
    ['cookie', 'a=b; __proto__=1'],
    ['origin', 'https://evil.test'],
    ['last-event-id', 'end'],
    ['last-event-id', '0'],
    ['x-long', 'x'.repeat(5000)],
  ),
  { maxLength: 2 },
);

const contentTypes: Arbitrary<readonly (readonly [string, string])[]> = fc.oneof(
  { weight: 8, arbitrary: fc.constant([JSON_TYPE]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<readonly (readonly [string, string])[]>(
      [],
      [['content-type', 'application/json; charset=utf-8']],
      [['content-type', 'APPLICATION/JSON']],
      [['content-type', 'application/json; charset=utf-16']],
      [['content-type', 'text/plain']],
      [['content-type', 'application/problem+json']],
      [['content-type', 'multipart/form-data; boundary=x']],
      [['content-type', ';;;']],
      [JSON_TYPE, ['content-encoding', 'gzip']],
      [JSON_TYPE, ['content-encoding', 'identity']],
      [JSON_TYPE, ['content-encoding', 'deflate, br']],
      [JSON_TYPE, ['content-length', '999999999']],
    ),
  },
);

/** What may be done to the text of a body. */
const textSpoils: readonly ((text: string) => string | Uint8Array)[] = [
  (text) => text.slice(0, Math.max(0, text.length - 1)),
  (text) => `\uFEFF${text}`,
  (text) => `${text}${text}`,
  (text) => `[${text}]`,
  (text) => text.replaceAll('"', "'"),
  (text) => `${'['.repeat(40)}${text}${']'.repeat(40)}`,
  () => '['.repeat(20_000),
  (text) => text.replace('{', '{"a":1,"a":2,'),
  (text) => text.replace('{', '{"__proto__":{"x":1},'),
  (text) => text.replace(/"([^"]*)"/, '"\\ud800$1"'),
  (text) => `${' '.repeat(70_000)}${text}`,
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Uint8Array.from([0xff, 0xfe, ...Buffer.from(text)]),
  (text) => Buffer.concat([Buffer.from(text.slice(0, 5)), Buffer.from([0xc3]), Buffer.from(text.slice(5))]),
  () => '',
  () => '\u0000',
  () => 'NaN',
];

type Body = Pick<Plan, 'body' | 'json'>;
const NO_BODY: Body = { body: null, json: null };

function bodyOf({ body, id }: Operation): Arbitrary<Body> {
  if (body === null)
    return fc.oneof(
      { weight: 9, arbitrary: fc.constant(NO_BODY) },
      { weight: 1, arbitrary: anything.map((value) => written(value, false)) },
    );
  const good = bounded(id, fitting(body.schema));
  const wrong = fc
    .tuple(good, fc.array(spoil, { minLength: 1, maxLength: 3 }))
    .map(([value, spoils]) => spoils.reduce(spoiled, value));
  const value = fc.oneof(
    { weight: 8, arbitrary: good },
    { weight: 4, arbitrary: wrong },
    { weight: 1, arbitrary: anything },
  );
  const whole = fc.tuple(value, fc.boolean()).map(([found, isChunked]) => written(found, isChunked));
  const broken = fc.tuple(good, fc.constantFrom(...textSpoils), fc.boolean()).map(([found, change, isChunked]) => {
    const text = change(JSON.stringify(found));
    return { body: { bytes: typeof text === 'string' ? Buffer.from(text) : text, isChunked }, json: null };
  });
  return fc.oneof(
    { weight: 8, arbitrary: whole },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.constant(NO_BODY) },
  );
}

function written(value: unknown, isChunked: boolean): Body {
  const text = JSON.stringify(value).replaceAll(PROTO, '__proto__');
  // What a reader may refuse although the schema has nothing against it is judged by the answer alone.
  const isPlain = !/__proto__|constructor|prototype|\\u/.test(text);
  return {
    body: { bytes: Buffer.from(text), isChunked },
    json: isPlain ? { value: JSON.parse(text) as unknown } : null,
  };
}

/** Keeps what one request makes within what a run has time for. */
function bounded(id: string, arbitrary: Arbitrary<unknown>): Arbitrary<unknown> {
  if (id !== 'replayJobs') return arbitrary;
  return fc.tuple(arbitrary, fc.integer({ min: 1, max: 5 })).map(([value, limit]) => ({ ...(value as object), limit }));
}

/** A request to an operation of the document: as it says, or with something wrong somewhere. */
function requestTo(operation: Operation): Arbitrary<Plan> {
  const { method, path, parameters } = operation;
  const segments = path.split(/(\{[^}]+\})/).filter((part) => part !== '');
  const parts = segments.map((segment): Arbitrary<Text> => {
    const parameter = parameters.find((one) => one.in === 'path' && `{${one.name}}` === segment);
    if (parameter === undefined) return fc.constant(segment);
    const bad = badText
      .map((text) => encodeURIComponent(text.toWellFormed()))
      .filter((text) => !['', '.', '..'].includes(text));
    return fc.oneof(
      { weight: 8, arbitrary: parameterOf(parameter) },
      { weight: 1, arbitrary: bad },
      { weight: 1, arbitrary: fc.constantFrom('%zz', '%c3', '%00', '%2F', '+') },
    );
  });
  const named = (where: 'query' | 'header'): Arbitrary<readonly (readonly [string, Text])[]> =>
    fc
      .tuple(
        ...parameters
          .filter((one) => one.in === where)
          .map((one) => {
            const good = parameterOf(one).map((value) => [[one.name, value] as const]);
            const bad = badText.map((value) => [[one.name, where === 'header' ? headerText(value) : value] as const]);
            const twice = fc
              .tuple(parameterOf(one), badText)
              .map(([first, second]) => [[one.name, first] as const, [one.name, second] as const]);
            return fc.oneof(
              { weight: one.in === 'header' ? 16 : 6, arbitrary: fc.constant([]) },
              { weight: 4, arbitrary: good },
              { weight: 1, arbitrary: bad },
              { weight: where === 'query' ? 1 : 0, arbitrary: twice },
            );
          }),
      )
      .map((lists) => lists.flat());
  const unknownQuery = fc.oneof(
    { weight: 9, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(badText, badText).map((pair) => [pair]) },
  );
  return fc
    .record({
      parts: fc.tuple(...parts),
      query: named('query'),
      unknownQuery,
      headers: named('header'),
      extra: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: extraHeaders }),
      types: contentTypes,
      body: bodyOf(operation),
      method: fc.oneof(
        { weight: 19, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
      ),
    })
    .map(({ parts: found, query, unknownQuery: more, headers, extra, types, body, method: used }) => ({
      operation: used === method ? operation : null,
      method: used,
      path: found,
      query: [...query, ...more],
      headers: [...headers, ...extra, ...(body.body === null ? [] : types)],
      ...(used === 'GET' || used === 'HEAD' ? NO_BODY : body),
    }));
}

const elsewhere: Arbitrary<Plan> = fc
  .record({
    method: fc.constantFrom(...METHODS),
    path: fc.oneof(
      fc.constantFrom(
        '/v1',
        '/v1/',
        '/v1/jobs/',
        '//v1/jobs',
        '/V1/JOBS',
        '/v1/jobs:batch/',
        '/v1/jobs:',
        '/v1/jobs;a=b',
        '/v1/%6aobs',
        '/healthz/',
        '/.env',
        '/v2/jobs',
      ),
      fc.webPath().map((text) => `/x${text}`),
      badText.map((text) => `/v1/${encodeURIComponent(text.toWellFormed())}`),
    ),
  })
  .map(({ method, path }) => ({ operation: null, method, path: [path], query: [], headers: [], ...NO_BODY }));

/** Any request. Submits are the most, for all that is stateful lives on them. */
export const request: Arbitrary<Plan> = fc.oneof(
  ...OPERATIONS.map((operation) => ({ weight: operation.body === null ? 6 : 12, arbitrary: requestTo(operation) })),
  { weight: 4, arbitrary: elsewhere },
);

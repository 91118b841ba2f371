import { startSystem } from '@dtq/testkit/system.ts';
import { describe, expect, it } from 'vitest';

// Each of these is refused with its own 4xx problem, none is a 500, and nothing of it reaches the queue.

interface BadRequest {
  readonly name: string;
  readonly path?: string;
  readonly init: RequestInit;
  readonly status: number;
  readonly code: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const GOOD = { city: 'Austin', units: 'metric' };

const requests: BadRequest[] = [
  ...notJson(),
  ...wrongTypes(),
  ...unknownFields(),
  ...prototypes(),
  ...strings(),
  ...numbers(),
  ...nesting(),
  ...tooLarge(),
  ...mediaTypes(),
  ...paths(),
  ...waits(),
  ...lastEventIds(),
  ...methods(),
];

function submit(
  name: string,
  body: BodyInit,
  code: string,
  status = 400,
  headers: Record<string, string> = JSON_TYPE,
): BadRequest {
  return { name, init: { method: 'POST', headers, body }, status, code };
}

function invalid(name: string, body: unknown): BadRequest {
  return submit(name, JSON.stringify(body), 'invalid_request');
}

function notJson(): BadRequest[] {
  const texts = [
    '',
    ' ',
    '{',
    '}',
    '[',
    '{"a"}',
    "{'job_type':'weather'}",
    '{"job_type":"weather",}',
    'weather',
    'undefined',
    'NaN',
    'Infinity',
    '-',
    '01',
    '1.',
    '.5',
    '+1',
    '0x10',
    '"',
    '"\n"',
    '"\\x41"',
    '{"a":1}{"b":2}',
    '// c\n{}',
    '{"a":1 "b":2}',
    '\uFEFF\uFEFF{}',
    '<job/>',
    'job_type=weather',
    '--x\r\n\r\n--x--',
  ];
  const bytes = [
    [0xff, 0xfe, 0x7b, 0x7d],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x1f, 0x8b, 0x08, 0x00],
    [0x00],
  ];
  return [
    ...texts.map((text) => submit(`the text ${JSON.stringify(text)}`, text, 'invalid_json')),
    ...bytes.map((list) => submit(`the bytes ${list.join(' ')}`, Uint8Array.from(list), 'invalid_json')),
  ];
}

function wrongTypes(): BadRequest[] {
  const values = [null, true, false, 0, -1, 1.5, 'text', '', [], [1], {}, { a: 1 }];
  const isBad = {
    payload: () => true,
    job_type: () => true,
    city: (value: unknown) => value !== 'text',
    units: () => true,
    country_code: () => true,
  } as const;
  return [
    ...values.map((value) => invalid(`the body ${JSON.stringify(value)}`, value)),
    ...values
      .filter(isBad.payload)
      .map((value) => invalid(`the payload ${JSON.stringify(value)}`, { job_type: 'weather', payload: value })),
    ...values
      .filter(isBad.job_type)
      .map((value) => invalid(`the job type ${JSON.stringify(value)}`, { job_type: value, payload: GOOD })),
    ...values
      .filter(isBad.city)
      .map((value) =>
        invalid(`the city ${JSON.stringify(value)}`, { job_type: 'weather', payload: { ...GOOD, city: value } }),
      ),
    ...values
      .filter(isBad.units)
      .map((value) =>
        invalid(`the units ${JSON.stringify(value)}`, { job_type: 'weather', payload: { ...GOOD, units: value } }),
      ),
    ...values.filter(isBad.country_code).map((value) =>
      invalid(`the country ${JSON.stringify(value)}`, {
        job_type: 'weather',
        payload: { ...GOOD, country_code: value },
      }),
    ),
  ];
}

function unknownFields(): BadRequest[] {
  const names = [
    'job_id',
    'trace_id',
    'state',
    'JOB_TYPE',
    'payload ',
    '$where',
    'a.b',
    '__proto',
    'toString',
    'hasOwnProperty',
    'then',
    '',
    '\u0000',
    'ключ',
    'priority ',
  ];
  return [
    ...names.map((name) =>
      invalid(`the field ${JSON.stringify(name)} beside the payload`, {
        job_type: 'weather',
        payload: GOOD,
        [name]: 1,
      }),
    ),
    ...names.map((name) =>
      invalid(`the field ${JSON.stringify(name)} in the payload`, {
        job_type: 'weather',
        payload: { ...GOOD, [name]: 'x' },
      }),
    ),
  ];
}

function prototypes(): BadRequest[] {
  const keys = ['__proto__', 'constructor', 'prototype', '\\u005f\\u005fproto__', 'constr\\u0075ctor'];
  const places = [
    (key: string) => `{"${key}":{"admin":true},"job_type":"weather","payload":{"city":"Austin","units":"metric"}}`,
    (key: string) => `{"job_type":"weather","payload":{"city":"Austin","units":"metric","${key}":{"admin":true}}}`,
    (key: string) => `{"job_type":"weather","payload":{"city":{"${key}":[]},"units":"metric"}}`,
    (key: string) => `[{"${key}":1}]`,
  ];
  return keys.flatMap((key) =>
    places.map((place) => submit(`the key ${key}: ${place(key).slice(0, 40)}`, place(key), 'invalid_json')),
  );
}

function strings(): BadRequest[] {
  const halves = ['\\ud800', '\\udc00', 'A\\ud83d', '\\ude00\\ud83d', '\\udbff\\u0041'];
  const cities = [
    '\u0000',
    'Aus\u0000tin',
    'Aus\ntin',
    '\u001b[31m',
    ' Austin',
    '\tAustin',
    '\u200b',
    '\u202eAustin',
    'x'.repeat(101),
    'x'.repeat(10_000),
    '\u{1f3d9}'.repeat(101),
    '\ue000',
  ];
  return [
    ...halves.map((half) =>
      submit(
        `half of a surrogate pair ${half}`,
        `{"job_type":"weather","payload":{"city":"${half}","units":"metric"}}`,
        'invalid_json',
      ),
    ),
    submit('half of a surrogate pair in a key', '{"job_type":"weather","payload":{"\\ud800":1}}', 'invalid_json'),
    ...cities.map((city) =>
      invalid(`the city ${JSON.stringify(city).slice(0, 30)}`, { job_type: 'weather', payload: { ...GOOD, city } }),
    ),
    ...['U', 'USA', 'U1', '  ', 'ÜS', 'U\u0000'].map((country_code) =>
      invalid(`the country ${JSON.stringify(country_code)}`, {
        job_type: 'weather',
        payload: { ...GOOD, country_code },
      }),
    ),
    ...['Metric', 'METRIC', 'metric ', 'kelvin'].map((units) =>
      invalid(`the units ${JSON.stringify(units)}`, { job_type: 'weather', payload: { ...GOOD, units } }),
    ),
    ...['Weather', 'weather ', 'WEATHER', 'jobs.weather.v1', 'weather\u0000', '../weather', 'toString', 'valueOf'].map(
      (job_type) => invalid(`the job type ${JSON.stringify(job_type)}`, { job_type, payload: GOOD }),
    ),
  ];
}

function numbers(): BadRequest[] {
  return ['1e999', '-1e999', '9'.repeat(400), '1e-999', '0.1', '123456789012345678901234567890'].flatMap((number) => [
    submit(`the number ${number.slice(0, 20)} as the body`, number, 'invalid_request'),
    submit(
      `the number ${number.slice(0, 20)} as the city`,
      `{"job_type":"weather","payload":{"city":${number},"units":"metric"}}`,
      'invalid_request',
    ),
  ]);
}

function nesting(): BadRequest[] {
  return [33, 100, 1000, 10_000, 30_000].flatMap((depth) => [
    submit(`${depth} arrays in each other`, '['.repeat(depth) + ']'.repeat(depth), 'invalid_json'),
    submit(
      `${depth} objects in each other`,
      `${'{"a":'.repeat(Math.min(depth, 10_000))}1${'}'.repeat(Math.min(depth, 10_000))}`,
      'invalid_json',
    ),
  ]);
}

function tooLarge(): BadRequest[] {
  const large = JSON.stringify({ job_type: 'weather', payload: { ...GOOD, city: 'x'.repeat(70_000) } });
  const stream = (): ReadableStream =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode('x'.repeat(16_384))) });
  return [
    submit('70,000 characters', large, 'body_too_large', 413),
    submit('70,000 spaces', ' '.repeat(70_000), 'body_too_large', 413),
    {
      name: 'a body that does not end',
      init: { method: 'POST', headers: JSON_TYPE, body: stream(), duplex: 'half' } as RequestInit,
      status: 413,
      code: 'body_too_large',
    },
    submit('a length that is a lie', '{}', 'body_too_large', 413, { ...JSON_TYPE, 'content-length': '999999999' }),
  ];
}

function mediaTypes(): BadRequest[] {
  const body = JSON.stringify({ job_type: 'weather', payload: GOOD });
  const types = [
    'text/plain',
    'text/json',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json5',
    'application/problem+json',
    '*/*',
    'json',
    'application/json, text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
  ];
  return [
    ...types.map((type) =>
      submit(`the media type ${type}`, body, 'unsupported_media_type', 415, { 'content-type': type }),
    ),
    submit('no media type', new TextEncoder().encode(body), 'unsupported_media_type', 415, {}),
    ...['gzip', 'br', 'deflate', 'compress'].map((encoding) =>
      submit(`the encoding ${encoding}`, body, 'unsupported_media_type', 415, {
        ...JSON_TYPE,
        'content-encoding': encoding,
      }),
    ),
  ];
}

function paths(): BadRequest[] {
  const get = (path: string, status: number, code: string): BadRequest => ({
    name: `GET ${path.slice(0, 60)}`,
    path,
    init: {},
    status,
    code,
  });
  const id = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
  const noId = [
    '0',
    'x',
    'null',
    'undefined',
    '%00',
    '%2e%2e%2fetc%2fpasswd',
    '..%2f..%2fetc',
    '%zz',
    '%',
    '%ff',
    `${id}0`,
    id.slice(1),
    `${id}%20`,
    `%20${id}`,
    `${id}%0a`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replaceAll('-', ''),
    "'%20or%201=1--",
    '%7b%7d',
    '$ne',
    'a'.repeat(2000),
    '__proto__',
    'constructor',
    '%F0%9F%98%80',
  ];
  const noRoute = [
    '/v1',
    '/v1/',
    '/v2/jobs',
    '/v1/job',
    '/v1/jobs/',
    '/V1/JOBS',
    '/v1//jobs',
    '/v1/jobs//status',
    `/v1/jobs/${id}/`,
    `/v1/jobs/${id}/Status`,
    `/v1/jobs/${id}/status/`,
    `/v1/jobs/${id}/status/x`,
    `/v1/jobs/${id}/events/`,
    `/v1/jobs/${id}/Events`,
    '/healthz/',
    '/healthz/x',
    '/admin',
    '/.env',
    '/.git/config',
    '/wp-login.php',
    '/assets/..%2f..%2fpackage.json',
    '/docs/..%2f..%2fpackage.json',
    '/docs/package.json',
    '/docs/__proto__',
    '/docs/constructor',
    '/metrics/x',
  ];
  return [
    ...noId.flatMap((part) => [
      get(`/v1/jobs/${part}`, 400, 'invalid_request'),
      get(`/v1/jobs/${part}/status`, 400, 'invalid_request'),
      get(`/v1/jobs/${part}/events`, 400, 'invalid_request'),
    ]),
    ...noRoute.map((path) => get(path, 404, 'route_not_found')),
    get(`/v1/jobs/${id}?state=done`, 400, 'invalid_request'),
    get(`/v1/jobs/${id}/status?state=done&state=x`, 400, 'invalid_request'),
    get(`/v1/jobs/${id}/status?wait=1s`, 400, 'invalid_request'),
    get(`/v1/jobs/${id}/events?wait=1s`, 400, 'invalid_request'),
  ];
}

function waits(): BadRequest[] {
  const values = [
    '',
    '0',
    '30',
    '0s',
    '61s',
    '2m',
    '1h',
    '1.5s',
    '-1s',
    '30S',
    '%2030s',
    '30s%00',
    '9'.repeat(400),
    'PT30S',
  ];
  return [...values.map((value) => `wait=${value}`), 'wait', 'wait=1s&wait=2s', 'wait[]=1s', 'Wait=1s'].map(
    (query) => ({
      name: `GET ?${query.slice(0, 40)}`,
      path: `/v1/jobs/6aab8fca-7059-40c4-97d4-53f55fd5bf67?${query}`,
      init: {},
      status: 400,
      code: 'invalid_request',
    }),
  );
}

function lastEventIds(): BadRequest[] {
  return ['', '-1', '+1', '1.5', '1e3', '0x1', 'END', 'null', '1, 2', '"1"', '9'.repeat(17), '9'.repeat(5000)].map(
    (value) => ({
      name: `Last-Event-ID: ${value.slice(0, 40)}`,
      path: '/v1/jobs/6aab8fca-7059-40c4-97d4-53f55fd5bf67/events',
      init: { headers: { 'last-event-id': value } },
      status: 400,
      code: 'invalid_request',
    }),
  );
}

function methods(): BadRequest[] {
  const id = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
  const rows: [string, string[]][] = [
    ['/v1/jobs', ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']],
    [`/v1/jobs/${id}`, ['POST', 'PUT', 'DELETE', 'PATCH']],
    [`/v1/jobs/${id}/status`, ['POST', 'PUT', 'DELETE']],
    [`/v1/jobs/${id}/events`, ['POST', 'PUT', 'DELETE']],
    ['/healthz', ['POST', 'DELETE']],
  ];
  return rows.flatMap(([path, list]) =>
    list.map((method) => ({
      name: `${method} ${path}`,
      path,
      init: { method },
      status: 405,
      code: 'method_not_allowed',
    })),
  );
}

describe(`${requests.length} bad requests`, () => {
  it('are more than 200, each different', () => {
    expect(requests.length).toBeGreaterThan(200);
  });

  it('each get their own 4xx problem, and nothing reaches the queue', async () => {
    const published: unknown[] = [];
    const { request } = await startSystem({
      worker: false,
      broken: {
        queue: {
          publish: async (job) => void published.push(job),
          consume: () => Promise.reject(new Error('not here')),
        },
      },
    });
    const wrong: string[] = [];
    for (const { name, path = '/v1/jobs', init, status, code } of requests) {
      const response = await request(path, init);
      const problem = (await response.json()) as { code: string; violations?: unknown[] };
      if (response.status !== status || problem.code !== code)
        wrong.push(`${name}: ${response.status} ${problem.code}, not ${status} ${code}`);
      if (code === 'invalid_request' && (problem.violations ?? []).length === 0)
        wrong.push(`${name}: names no violation`);
    }
    expect(wrong).toEqual([]);
    expect(published).toEqual([]);
  });
});

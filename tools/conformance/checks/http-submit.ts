import { Readable } from 'node:stream';
import { OPERATIONS, operationPath } from '@dtq/generated/rest/operations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same } from '../check.ts';
import { answered } from '../http.ts';
import { isUuid4, json, refused, violationsAt } from './answers.ts';

const SUBMIT = OPERATIONS.submitJob.path;
const JSON_TYPE = { 'content-type': 'application/json' };
const WEATHER = { job_type: 'weather', payload: { city: 'Austin', units: 'metric' } } as const;

export const SUBMIT_CHECKS: readonly Check[] = [
  {
    id: 'http.submit-accepted',
    title: 'a submit is accepted with 202 and its whole body',
    promise: '`POST /v1/jobs`: 202 `{job_id, trace_id, job_type, state:"queued", submitted_at, message}`',
    needs: [],
    run: async ({ http, settings }, note) => {
      const answer = await http.call(SUBMIT, { json: settings.job });
      const body = json(answer, 202, strict.JobAccepted, 'the answer to a submit');
      same(body.job_type, settings.job.job_type, 'its job_type');
      note(answer.text);
    },
  },
  {
    id: 'http.submit-location',
    title: 'its Location is that of the status',
    promise: '`Location: /v1/jobs/{job_id}/status`',
    needs: [],
    run: async ({ http, settings }, note) => {
      const answer = answered(await http.call(SUBMIT, { json: settings.job }), 202);
      const { job_id } = answer.json as { job_id: string };
      const location = answer.headers.get('location');
      same(location, operationPath('getJobStatus', { job_id }), 'the header Location');
      answered(await http.call(String(location)), 200, 504);
      note(`Location: ${location}`);
    },
  },
  {
    id: 'http.submit-ids',
    title: 'each submit has a job_id and a trace_id of its own, UUID v4',
    promise: '`job_id` and `trace_id` are UUID v4.',
    needs: [],
    run: async (kit, note) => {
      const accepted = await Promise.all([1, 2, 3].map(() => kit.submit(kit.settings.job)));
      const ids = accepted.flatMap(({ job_id, trace_id }) => [job_id, trace_id]);
      for (const id of ids) hold(isUuid4(id), `an id must be a UUID v4, and is ${id}`);
      same(new Set(ids).size, ids.length, 'the number of different ids');
      note(ids.slice(0, 2).join(' '));
    },
  },
  {
    id: 'http.submit-violations',
    title: 'every violation is named with its JSON pointer',
    promise: '400 invalid (every violation named with its JSON pointer)',
    needs: [],
    run: async ({ http }) => {
      const payload = { city: '', units: 'kelvin', country_code: 'USA' };
      const answer = await http.call(SUBMIT, { json: { job_type: 'weather', payload } });
      violationsAt(answer, '/payload/city', '/payload/units', '/payload/country_code');
      violationsAt(
        await http.call(SUBMIT, { json: { job_type: 'weather', payload: { city: 'Austin' } } }),
        '/payload/units',
      );
    },
  },
  {
    id: 'http.submit-payload-limits',
    title: 'the payload of each job type is held to its limits',
    promise:
      'weather {city, country_code? (2 letters), units: metric|imperial} · quote {category?, limit?} · exchange_rate {base_currency, target_currency, amount?} (ISO 4217) · github_user {username}',
    needs: [],
    run: async ({ http }) => {
      const wrong: Partial<Readonly<Record<JobType, readonly [object, string]>>> = {
        weather: [{ city: 7, units: 'metric' }, '/payload/city'],
        quote: [{ limit: 1.5 }, '/payload/limit'],
        exchange_rate: [{ base_currency: 'EURO', target_currency: 'USD' }, '/payload/base_currency'],
        github_user: [{}, '/payload/username'],
      };
      for (const jobType of JOB_TYPE_VALUES) {
        // A type of one's own has limits of its own; what no payload at all is, no type takes.
        const [payload, pointer] = wrong[jobType] ?? [[], '/payload'];
        violationsAt(await http.call(SUBMIT, { json: { job_type: jobType, payload } }), pointer);
      }
    },
  },
  {
    id: 'http.submit-unknown-type',
    title: 'a job type that is none of the contract is refused',
    promise: '`job_type`: `weather | quote | exchange_rate | github_user`.',
    needs: [],
    run: async ({ http }) => {
      violationsAt(await http.call(SUBMIT, { json: { job_type: 'horoscope', payload: {} } }), '/job_type');
    },
  },
  {
    id: 'http.submit-unknown-field',
    title: 'unknown fields are refused, beside the payload and within',
    promise: 'REST and everything that we write are strict.',
    needs: [],
    run: async ({ http }) => {
      violationsAt(await http.call(SUBMIT, { json: { ...WEATHER, urgent: true } }), '/urgent');
      const within = { ...WEATHER, payload: { ...WEATHER.payload, street: 'x' } };
      violationsAt(await http.call(SUBMIT, { json: within }), '/payload/street');
    },
  },
  {
    id: 'http.submit-no-json',
    title: 'a body that is no JSON in UTF-8 is refused',
    promise: 'Errors are RFC 9457 `application/problem+json` with a stable `code` from a closed list',
    needs: [],
    run: async ({ http }) => {
      const latin1 = Uint8Array.from([...Buffer.from('{"job_type":"'), 0xe9, ...Buffer.from('"}')]);
      for (const body of ['', '{', '{"job_type":"weather",}', latin1])
        refused(await http.call(SUBMIT, { body, headers: JSON_TYPE }), 400, 'invalid_json');
    },
  },
  {
    id: 'http.submit-prototype-keys',
    title: 'keys that reach a prototype are refused',
    promise: '`__proto__`, `constructor` and `prototype` keys are refused when JSON is parsed, everywhere.',
    needs: [],
    run: async ({ http }) => {
      for (const key of ['__proto__', 'constructor', 'prototype']) {
        const body = JSON.stringify({ ...WEATHER, payload: { ...WEATHER.payload, KEY: {} } }).replace('KEY', key);
        refused(await http.call(SUBMIT, { body, headers: JSON_TYPE }), 400, 'invalid_json');
      }
    },
  },
  {
    id: 'http.submit-media-type',
    title: 'another media type than JSON is 415',
    promise: '`POST /v1/jobs`: 415',
    needs: [],
    run: async ({ http }) => {
      const body = JSON.stringify(WEATHER);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])
        refused(await http.call(SUBMIT, { body, headers: { 'content-type': type } }), 415, 'unsupported_media_type');
    },
  },
  {
    id: 'http.submit-too-large',
    title: 'a body that is too large is 413, with its length told and without',
    promise: '`POST /v1/jobs`: 413 too large',
    needs: [],
    run: async ({ http, settings }, note) => {
      const body = JSON.stringify({ ...WEATHER, filler: 'x'.repeat(settings.tooLargeBytes) });
      refused(await http.call(SUBMIT, { body, headers: JSON_TYPE }), 413, 'body_too_large');
      const chunks = Readable.toWeb(Readable.from(piecesOf(Buffer.from(body)))) as ReadableStream<Uint8Array>;
      refused(await http.call(SUBMIT, { body: chunks, headers: JSON_TYPE }), 413, 'body_too_large');
      note(`${settings.tooLargeBytes} bytes`);
    },
  },
  {
    id: 'http.unknown-route',
    title: 'a path that is none of the contract is 404',
    promise: 'Errors are RFC 9457 `application/problem+json` with a stable `code` from a closed list',
    needs: [],
    run: async ({ http }) => {
      refused(await http.call('/v1/nothing-here'), 404, 'route_not_found');
    },
  },
  {
    id: 'http.other-method',
    title: 'another method on a path of the contract is 405 with Allow',
    promise:
      'method_not_allowed: The path exists, but not with that HTTP method; the `Allow` header has those that it takes.',
    needs: [],
    run: async ({ http }, note) => {
      const answer = await http.call(SUBMIT, { method: 'DELETE' });
      refused(answer, 405, 'method_not_allowed');
      const allow = answer.headers.get('allow') ?? '';
      hold(/\bPOST\b/.test(allow), `the header Allow must name POST, and is "${allow}"`);
      note(`Allow: ${allow}`);
    },
  },
  {
    id: 'http.idempotency-same-job',
    title: 'the same Idempotency-Key with the same body makes one job',
    promise: 'An Idempotency-Key determines the id',
    needs: ['idempotency'],
    run: async (kit, note) => {
      const headers = { 'idempotency-key': crypto.randomUUID() };
      const first = await kit.submit(kit.settings.job, {}, headers);
      same(await kit.submit(kit.settings.job, {}, headers), first, 'the answer to the repeat');
      note(first.job_id);
    },
  },
  {
    id: 'http.idempotency-other-body',
    title: 'the same key with another body is 422',
    promise: '`POST /v1/jobs`: 422 same key with another body',
    needs: ['idempotency'],
    run: async (kit) => {
      const headers = { 'idempotency-key': crypto.randomUUID() };
      await kit.submit(WEATHER, {}, headers);
      const json = { ...WEATHER, payload: { ...WEATHER.payload, units: 'imperial' } };
      refused(await kit.http.call(SUBMIT, { json, headers }), 422, 'submit_key_reused');
    },
  },
  {
    id: 'http.idempotency-at-once',
    title: 'many submits with one key at once make one job; what is still in flight is 409',
    promise: '`POST /v1/jobs`: 409 same key still in flight',
    needs: ['idempotency'],
    run: async ({ http, settings }, note) => {
      const headers = { 'idempotency-key': crypto.randomUUID() };
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => http.call(SUBMIT, { json: settings.job, headers })),
      );
      const ids = answers.map((answer) => {
        if (answer.status !== 409) return json(answer, 202, strict.JobAccepted, 'the answer to a submit').job_id;
        hold(Number(answer.headers.get('retry-after')) > 0, 'a 409 must say Retry-After');
        return refused(answer, 409, 'submit_in_flight').job_id;
      });
      same(new Set(ids).size, 1, 'the number of jobs that ten submits with one key make');
      note(answers.map(({ status }) => status).join(' '));
    },
  },
  {
    id: 'http.idempotency-bad-key',
    title: 'a key that is none is refused',
    promise: 'optional header `Idempotency-Key`: printable ASCII, up to 255 characters',
    needs: ['idempotency'],
    run: async ({ http }) => {
      const headers = { 'idempotency-key': 'x'.repeat(256) };
      violationsAt(await http.call(SUBMIT, { json: WEATHER, headers }), '#/header/idempotency-key');
    },
  },
];

/** A body in pieces, so that nobody can tell its length. */
function* piecesOf(bytes: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

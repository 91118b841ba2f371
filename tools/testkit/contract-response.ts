import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { EVENT_STREAM, OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { EventParser } from './events.ts';

// An ajv of its own over the published document, not the generated validators: what leaves the API is held to what other
// people read, and a fault of codegen shows.
const ajv = new Ajv2020({ allErrors: true, strict: false });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema(openapi, 'openapi');

/** Compiled once for each place in the document. */
const validators = new Map<string, ValidateFunction>();

interface Documented {
  readonly headers?: Readonly<Record<string, { required?: boolean; $ref?: string }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly method: string;
  readonly url: string;
}

/**
 * The answer, once it has been held to the OpenAPI document; rejects with everything in which it breaks it. A stream is
 * held to it while it is read: one event that breaks the contract breaks the stream.
 */
export async function heldToContract(request: Asked, response: Response): Promise<Response> {
  const faults = await contractFaults(request, response);
  if (faults.length > 0)
    throw new Error(`the answer to ${request.method} ${request.url} breaks the contract:\n${faults.join('\n')}`);
  if (typeOf(response) !== EVENT_STREAM || response.body === null) return response;
  return new Response(response.body.pipeThrough(eventsHeldTo(eventPointer(request, response))), response);
}

/**
 * Everything in which an answer breaks the OpenAPI document: its status, media type, body and headers. Empty where it keeps
 * the contract. A path of no operation must answer with a 404 or 405 problem. HEAD answers as GET does, without the body.
 */
async function contractFaults(request: Asked, response: Response): Promise<string[]> {
  const path = new URL(request.url).pathname;
  const operation = operationOf(request);
  const type = typeOf(response);
  const isHead = request.method.toUpperCase() === 'HEAD';
  const text = type === EVENT_STREAM || isHead ? '' : await response.clone().text();
  if (isHead && response.body !== null) return ['HEAD has a body'];
  const faults: string[] = [];
  if (operation === undefined) {
    if (![400, 404, 405].includes(response.status))
      return [`${request.method} ${path} is no operation, and answered ${response.status}`];
    return isHead ? [] : bodyFaults('#/components/schemas/Problem', text);
  }
  const [, { method, path: template }] = operation;
  const responses =
    (
      openapi.paths as unknown as Record<
        string,
        Record<string, { responses: Record<string, Documented | { $ref: string }> }>
      >
    )[template]?.[method]?.responses ?? {};
  const found = responses[String(response.status)];
  if (found === undefined) return [`${request.method} ${template} has no ${response.status}`];
  const documented = '$ref' in found ? (resolve(String(found.$ref)) as Documented) : (found as Documented);
  if (documented.content === undefined) {
    if (type !== '' || text !== '') faults.push(`${response.status} has a body`);
  } else if (documented.content[type] === undefined) faults.push(`${response.status} has no ${type || 'empty'} body`);
  else if (type !== EVENT_STREAM && !isHead)
    faults.push(...bodyFaults(pointerTo(template, method, String(response.status), type, found), text));
  for (const [name, header] of Object.entries(documented.headers ?? {})) {
    const definition = header.$ref === undefined ? header : (resolve(header.$ref) as { required?: boolean });
    // The contract's 503 with a body of its own has it as every problem has.
    if (definition.required === true && response.headers.get(name) === null)
      faults.push(`${response.status} lacks the header ${name}`);
  }
  return faults;
}

function operationOf({ method, url }: Asked) {
  const asked = method.toUpperCase() === 'HEAD' ? 'GET' : method.toUpperCase();
  const pathname = normalized(new URL(url).pathname);
  return Object.entries(OPERATIONS).find(
    ([, operation]) => operation.method.toUpperCase() === asked && pattern(operation.path).test(pathname),
  );
}

/** RFC 3986, section 6.2.2.2: %6A and j are the same. */
function normalized(pathname: string): string {
  return pathname.replace(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : triplet;
  });
}

function typeOf(response: Response): string {
  return response.headers.get('content-type')?.split(';')[0] ?? '';
}

/** Where the schema of an event stands; a stream is never documented by reference. */
function eventPointer(request: Asked, response: Response): string {
  const [, { method, path }] = operationOf(request) ?? ['', { method: 'get', path: '' }];
  return pointerTo(path, method, String(response.status), EVENT_STREAM, {});
}

function eventsHeldTo(pointer: string): TransformStream<Uint8Array, Uint8Array> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  return new TransformStream({
    transform: (bytes, controller) => {
      const faults = parser.push(decoder.decode(bytes, { stream: true })).flatMap(({ event, id, data }) => {
        return data === undefined ? [] : bodyFaults(pointer, JSON.stringify({ event, id, data }));
      });
      if (faults.length > 0) controller.error(new Error(`an event breaks the contract:\n${faults.join('\n')}`));
      else controller.enqueue(bytes);
    },
  });
}

function pointerTo(template: string, method: string, status: string, type: string, found: object): string {
  const encoded = (token: string): string => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
  const base = '$ref' in found ? String(found.$ref) : `#/paths/${encoded(template)}/${method}/responses/${status}`;
  return `${base}/content/${encoded(type)}/schema`;
}

function bodyFaults(pointer: string, text: string): string[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [`the body is not JSON: ${text.slice(0, 100)}`];
  }
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi${pointer}` });
  validators.set(pointer, validate);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `body ${instancePath || '/'} ${message}: ${text.slice(0, 300)}`,
  );
}

function resolve(reference: string): unknown {
  let value: unknown = openapi;
  for (const token of reference.slice(2).split('/'))
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  return value;
}

function pattern(template: string): RegExp {
  const escaped = template.replace(/[.*+?^$|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}

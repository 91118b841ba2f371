import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

// An ajv of its own over the published document, not the generated validators: what leaves the API is held to what other
// people read, and a fault of codegen shows.
const ajv = new Ajv2020({ allErrors: true, strict: false });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema(openapi, 'openapi');

interface Documented {
  readonly headers?: Readonly<Record<string, { required?: boolean; $ref?: string }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

/**
 * Everything in which an answer breaks the OpenAPI document: its status, media type, body and headers. Empty where it keeps
 * the contract. A path of no operation must answer with a 404 or 405 problem.
 */
export async function contractFaults(request: { method: string; url: string }, response: Response): Promise<string[]> {
  const path = new URL(request.url).pathname;
  const operation = Object.entries(OPERATIONS).find(([, { method, path: template }]) => {
    return method.toUpperCase() === request.method.toUpperCase() && pattern(template).test(path);
  });
  const text = await response.clone().text();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const faults: string[] = [];
  if (operation === undefined) {
    if (![400, 404, 405].includes(response.status))
      return [`${request.method} ${path} is no operation, and answered ${response.status}`];
    return bodyFaults('#/components/schemas/Problem', text);
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
  if (documented.content?.[type] === undefined) faults.push(`${response.status} has no ${type || 'empty'} body`);
  else faults.push(...bodyFaults(pointerTo(template, method, String(response.status), type, found), text));
  for (const [name, header] of Object.entries(documented.headers ?? {})) {
    const definition = header.$ref === undefined ? header : (resolve(header.$ref) as { required?: boolean });
    // The contract's 503 with a body of its own has it as every problem has.
    if (definition.required === true && response.headers.get(name) === null)
      faults.push(`${response.status} lacks the header ${name}`);
  }
  return faults;
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
  const validate = ajv.compile({ $ref: `openapi${pointer}` });
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

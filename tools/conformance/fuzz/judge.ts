import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { DOCUMENT, type Operation } from './schema.ts';

// Whether the document has a request, by an ajv of its own: what the API takes and refuses is held to what other people read.

const ajv = new Ajv2020({ strict: false });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema(DOCUMENT, 'openapi');
const validators = new Map<string, ValidateFunction>();

function isValid(pointer: string, value: unknown): boolean {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi${pointer}` });
  validators.set(pointer, validate);
  return validate(value);
}

const encoded = (token: string): string => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));

/** A request as it was sent. */
export interface Sent {
  readonly operation: Operation | null;
  readonly query: readonly (readonly [string, string])[];
  readonly json: { readonly value: unknown } | null;
  readonly hasBody: boolean;
  readonly contentType: readonly string[];
}

/** What is wrong with the status of an answer, beside all that every answer must keep; null where it is as the document has it. */
export function statusFault({ operation, query, json, hasBody, contentType }: Sent, status: number): string | null {
  if (status >= 500) return `${status}, though nothing is amiss`;
  if (operation === null) return null;
  const { method, path, body, parameters } = operation;
  if (status < 400) {
    for (const { name, in: where, schema } of parameters) {
      if (where !== 'query') continue;
      const values = query.filter(([one]) => one === name).map(([, value]) => value);
      if (values.length === 0) continue;
      const [value = ''] = values;
      const type = (schema as { type?: string; $ref?: string }).$ref ?? schema.type ?? '';
      const read = /PageLimit/.test(type) && /^-?\d+$/.test(value) ? Number(value) : value;
      const index = parameters.findIndex((one) => one.name === name);
      if (values.length === 1 && !validParameter(operation, index, read))
        return `${status}, though the document does not have ${name}=${JSON.stringify(value)}`;
    }
  }
  if (body === null || json === null || !hasBody) return null;
  const pointer = `#/paths/${encoded(path)}/${method.toLowerCase()}/requestBody/content/${encoded('application/json')}/schema`;
  const fits = isValid(pointer, json.value);
  if (!fits && status < 400) return `${status}, though the body breaks its schema`;
  const isJson = contentType.length === 1 && contentType[0] === 'application/json';
  const { run_at, delay, expires_at } = (json.value ?? {}) as Record<string, unknown>;
  const isTimed = run_at !== undefined || delay !== undefined || expires_at !== undefined;
  if (operation.id === 'submitJob' && fits && isJson && !isTimed && ![202, 400, 409, 413, 422].includes(status))
    return `${status}, though the body is as its schema has it`;
  return null;
}

function validParameter({ method, path, parameters }: Operation, index: number, value: unknown): boolean {
  const parameter = parameters[index];
  const schema = parameter?.schema as { $ref?: string } | undefined;
  if (schema?.$ref !== undefined) return isValid(schema.$ref, value);
  return isValid(`#/paths/${encoded(path)}/${method.toLowerCase()}/parameters/${index}/schema`, value);
}

import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };

/** Of a JSON schema what the generator looks at. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly required: boolean; readonly schema: Schema } | null;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { $ref: string })[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { schema: Schema }>>;
  };
}

/** The document that is attacked; what it says is all that the fuzzer knows of the API. */
export const DOCUMENT: object = openapi;

/** What a reference in the document stands for. */
export function resolve<T>(value: T | { readonly $ref?: string }): T {
  const reference = (value as { $ref?: string }).$ref;
  if (reference === undefined) return value as T;
  let found: unknown = DOCUMENT;
  for (const token of reference.slice(2).split('/'))
    found = (found as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  return found as T;
}

/** Every operation of the document. */
export const OPERATIONS: readonly Operation[] = Object.entries(
  openapi.paths as unknown as Record<string, Record<string, Described>>,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, parameters = [], requestBody }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    path,
    parameters: parameters.map((parameter) => resolve<Parameter>(parameter)),
    body:
      requestBody === undefined
        ? null
        : { required: requestBody.required ?? false, schema: requestBody.content['application/json']?.schema ?? {} },
  })),
);

import type { Ajv, ValidateFunction } from 'ajv';
import { rewrite } from '../../codegen/documents.ts';
import { newAjv } from '../../codegen/emit/validators.ts';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import type { NamedType, Schema } from './contracts.ts';

/**
 * Who reads. `strict` and `tolerant` are the validators that codegen makes: the API's, and those of whoever reads a topic, a
 * queue or a store. `client` is a program with a client made from the contracts: it has no validator, looks at the fields it
 * knows and passes over the others, in every branch of a union.
 */
export type Reader = 'strict' | 'tolerant' | 'client';

type Types = Readonly<Record<string, NamedType>>;

const made = new WeakMap<Types, Map<string, Ajv | ValidateFunction>>();

/** What a reader of some contracts makes of a value: whether it takes it, and what it has of it then. */
export function readAs(
  types: Types,
  reader: Reader,
  schema: Schema,
  value: Json,
): { taken: boolean; read: Json; why: string } {
  const validate = validatorOf(types, reader, schema);
  const read = structuredClone(value);
  const taken = validate(read);
  const why = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ');
  return { taken, read, why };
}

function validatorOf(types: Types, reader: Reader, schema: Schema): ValidateFunction {
  const cache = made.get(types) ?? new Map<string, Ajv | ValidateFunction>();
  made.set(types, cache);
  const key = `${reader} ${JSON.stringify(schema)}`;
  const known = cache.get(key);
  if (known !== undefined) return known as ValidateFunction;
  const ajv = (cache.get(reader) as Ajv | undefined) ?? ajvOf(types, reader);
  cache.set(reader, ajv);
  const plain = rewrite(reader === 'client' ? (opened(schema) as JsonObject) : schema, (name) => name);
  const validate = ajv.compile(plain);
  cache.set(key, validate);
  return validate;
}

function ajvOf(types: Types, reader: Reader): Ajv {
  const set = new Map(
    Object.entries(types).map(([name, { schema, variants }]) => [
      name,
      { name, schema: reader === 'client' ? (opened(schema) as JsonObject) : schema, variants: variants ?? undefined },
    ]),
  );
  return newAjv(set, reader === 'tolerant' ? 'tolerant' : 'strict', { code: {}, validateSchema: false });
}

function opened(value: Json): Json {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !(key === 'additionalProperties' && item === false))
      .map(([key, item]) => [key, ['const', 'enum'].includes(key) ? item : opened(item)]),
  );
}

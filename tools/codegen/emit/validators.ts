import { Ajv, type ValidateFunction } from 'ajv';
import standaloneModule from 'ajv/dist/standalone/index.js';
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats';
import { parametersOf, type RestOperation, rewrite } from '../documents.ts';
import { kebabCase } from '../names.ts';
import { REF_PREFIX, type SchemaSet, type TypeDef } from '../schema-set.ts';
import type { JobSpec, Json, JsonObject } from '../specs.ts';
import { banner, type Files, literal } from './text.ts';

// Both packages are CommonJS whose callable is the `default` member.
const addFormats = addFormatsModule as unknown as FormatsPlugin;
const standalone = standaloneModule as unknown as (ajv: Ajv, refs: Record<string, string>) => string;

type Strictness = 'strict' | 'tolerant';

/**
 * Validators as plain code: strict ones for REST and for what we write, tolerant ones for what we read from a broker or a
 * store. A tolerant one holds a value to the same fields, types and limits, and drops the fields it does not know.
 * Types of one job stand in a file of their own, so that a page loads what it needs.
 */
export function emitValidators(
  set: SchemaSet,
  jobs: readonly JobSpec[],
  operations: readonly RestOperation[],
  openapi: JsonObject,
): Files {
  const files: Files = new Map([
    ['validators/runtime.js', runtime()],
    ['validators/validator.ts', validatorType()],
  ]);
  for (const strictness of ['strict', 'tolerant'] as const) {
    const types = [...set.values()].filter((type) => type.variants === undefined);
    emitModule(
      files,
      `validators/${strictness}/common`,
      types.filter(
        (type) =>
          type.jobType === undefined &&
          !mentionsJob(type, set) &&
          // What only an answer of ours holds needs no tolerant form, and one that spoils values is worse than none.
          (strictness === 'strict' || !hasBlindChoice(type, set)),
      ),
      set,
      strictness,
    );
    // A tolerant validator drops what it does not know while it looks, so one type's would spoil another's value: whoever
    // reads several types picks the type's own first, by its job_type.
    if (strictness === 'strict') {
      emitModule(
        files,
        `validators/${strictness}/all-jobs`,
        types.filter((type) => type.jobType === undefined && mentionsJob(type, set)),
        set,
        strictness,
      );
    }
    for (const job of jobs) {
      emitModule(
        files,
        `validators/${strictness}/${kebabCase(job.jobType)}`,
        types.filter((type) => type.jobType === job.jobType),
        set,
        strictness,
      );
    }
    files.set(`validators/${strictness}.ts`, index(set, jobs, strictness));
  }
  emitParameters(files, operations, openapi, set);
  return files;
}

/** An ajv over the whole set, for codegen's own checks. */
export function validatorFor(set: SchemaSet): (typeName: string) => ValidateFunction {
  const ajv = newAjv(set, 'strict', { verbose: true, code: {} });
  return (typeName) => ajv.getSchema(typeName) as ValidateFunction;
}

/** An ajv that holds values to some types as our validators do. */
export function newAjv(
  set: ReadonlyMap<string, Pick<TypeDef, 'name' | 'schema' | 'variants'>>,
  strictness: Strictness,
  extra: object = {},
): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    discriminator: true,
    unicodeRegExp: true,
    inlineRefs: false,
    removeAdditional: strictness === 'tolerant',
    code: { source: true, esm: true, lines: true },
    ...extra,
  });
  addFormats(ajv);
  for (const type of set.values()) ajv.addSchema(forAjv(type), type.name);
  return ajv;
}

function forAjv({ schema, variants }: Pick<TypeDef, 'schema' | 'variants'>): JsonObject {
  if (variants !== undefined) return choiceFor(String(schema['x-dtq-union']), variants);
  const plain = rewrite(schema, (name) => name);
  const { title: _, description: __, examples: ___, ...rest } = plain;
  const tag = schema['x-dtq-discriminator'];
  return tag === undefined ? rest : { type: 'object', required: [tag], ...rest, discriminator: { propertyName: tag } };
}

/**
 * One alternative for each value of a field, of which only the right one is looked at: a tolerant validator drops what an
 * alternative does not know, so a wrong one would take the fields of the right one with it.
 */
function choiceFor(tag: string, variants: Readonly<Record<string, string>>): JsonObject {
  const choice = Object.entries(variants).reduceRight<JsonObject>(
    (otherwise, [value, name]) => ({
      if: { required: [tag], properties: { [tag]: { const: value } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: name },
      else: otherwise,
    }),
    { properties: { [tag]: { enum: Object.keys(variants) } } },
  );
  return { type: 'object', required: [tag], ...choice };
}

function mentionsJob(type: TypeDef, set: SchemaSet): boolean {
  return reaches(type, set, ({ $ref }) => {
    const target = targetOf($ref, set);
    return target?.jobType !== undefined || target?.variants !== undefined;
  });
}

/** Whether there are several objects to choose from and no field tells them apart, so that each drops the others' fields. */
function hasBlindChoice(type: TypeDef, set: SchemaSet): boolean {
  return reaches(type, set, ({ anyOf, oneOf, 'x-dtq-discriminator': tag }) => {
    const branches = [anyOf ?? [], oneOf ?? []].flat() as JsonObject[];
    const objects = branches.filter(
      (branch) => (targetOf(branch['$ref'], set)?.schema ?? branch)['properties'] !== undefined,
    );
    return tag === undefined && objects.length > 1;
  });
}

/** Whether a schema, or anything in it or that it refers to, is such a one. */
function reaches(type: TypeDef, set: SchemaSet, isSuch: (schema: JsonObject) => boolean): boolean {
  const seen = new Set<string>();
  const visit = (value: Json): boolean => {
    if (Array.isArray(value)) return value.some(visit);
    if (typeof value !== 'object' || value === null) return false;
    if (isSuch(value)) return true;
    const target = targetOf(value['$ref'], set);
    if (target !== undefined && !seen.has(target.name)) {
      seen.add(target.name);
      if (visit(target.schema)) return true;
    }
    return Object.values(value).some(visit);
  };
  return visit(type.schema);
}

function targetOf($ref: Json | undefined, set: SchemaSet): TypeDef | undefined {
  return typeof $ref === 'string' ? set.get($ref.slice(REF_PREFIX.length)) : undefined;
}

function emitModule(
  files: Files,
  path: string,
  types: readonly TypeDef[],
  set: SchemaSet,
  strictness: Strictness,
): void {
  const ajv = newAjv(set, strictness);
  const code = standalone(ajv, Object.fromEntries(types.map(({ name }) => [name, name])));
  const sources = [...new Set(types.map((type) => type.source.file.replace(/[^/]+$/, '').replace(/\/$/, '')))];
  const note = banner(...sources);
  files.set(`${path}.js`, note + hoist(code, '../runtime.js'));
  const declarations = types.map(({ name }) => `export const ${name}: Validator<types.${name}>;`);
  files.set(
    `${path}.d.ts`,
    `${note}import type * as types from '../../schemas/types.ts';\nimport type { Validator } from '../validator.ts';\n\n${declarations.join('\n')}\n`,
  );
}

// The ESM output of ajv still calls require() for its run-time helpers.
function hoist(code: string, runtimePath: string): string {
  const imports = new Map([
    ['require("ajv/dist/runtime/ucs2length").default', 'ucs2length'],
    ['require("ajv/dist/runtime/equal").default', 'equal'],
    ['require("ajv-formats/dist/formats").fullFormats', 'fullFormats'],
  ]);
  let body = code.replace(/^"use strict";/, '');
  const used: string[] = [];
  for (const [call, name] of imports) {
    if (!body.includes(call)) continue;
    body = body.replaceAll(call, name);
    used.push(name);
  }
  if (body.includes('require('))
    throw new Error(`a validator asks for a helper that is not hoisted: ${/require\([^)]*\)/.exec(body)?.[0]}`);
  return used.length === 0 ? body : `import { ${used.join(', ')} } from ${literal(runtimePath)};\n${body}`;
}

function runtime(): string {
  return `${banner('tools/codegen/emit/validators.ts')}import equalModule from 'ajv/dist/runtime/equal.js';
import ucs2lengthModule from 'ajv/dist/runtime/ucs2length.js';
import formats from 'ajv-formats/dist/formats.js';

// Node and bundlers disagree on what the default import of such a CommonJS module is.
const callable = (module) => (typeof module === 'function' ? module : module.default);

export const equal = callable(equalModule);
export const ucs2length = callable(ucs2lengthModule);
export const fullFormats = formats.fullFormats;
`;
}

function validatorType(): string {
  return `${banner('tools/codegen/emit/validators.ts')}
/** One place where a value breaks its schema, as ajv tells it. */
export interface ValidationError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** Tells whether a value is a T; after a false, \`errors\` says why. A tolerant one removes unknown fields from the value. */
export interface Validator<T> {
  (value: unknown): value is T;
  errors?: readonly ValidationError[] | null;
}
`;
}

function index(set: SchemaSet, jobs: readonly JobSpec[], strictness: Strictness): string {
  const modules = jobs.map((job) => `import * as ${job.camel} from './${strictness}/${kebabCase(job.jobType)}.js';`);
  const rows = [...set.values()]
    .filter((type) => type.variants !== undefined)
    .map(({ name, variants }) => {
      const members = jobs.map((job) => `${job.jobType}: ${job.camel}.${variants?.[job.jobType]},`);
      return `/** ${name}, by job type. */\nexport const ${name}: { readonly [T in JobType]: Validator<${name}ByJobType[T]> } = {\n${members.join('\n')}\n};`;
    });
  for (const part of ['Payload', 'Output']) {
    const members = jobs.map((job) => `${job.jobType}: ${job.camel}.${job.pascal}${part},`);
    rows.push(
      `/** The ${part.toLowerCase()} of each job type. */\nexport const ${part}: { readonly [T in JobType]: Validator<Jobs[T]['${part.toLowerCase()}']> } = {\n${members.join('\n')}\n};`,
    );
  }
  const unions = [...set.values()].filter((type) => type.variants !== undefined).map(({ name }) => `${name}ByJobType`);
  return `${banner('specs/schemas', 'specs/jobs')}import type { Jobs } from '../jobs/index.ts';
import type { JobType, ${unions.join(', ')} } from '../schemas/types.ts';
${modules.join('\n')}
import type { Validator } from './validator.ts';

${strictness === 'strict' ? `export * from './strict/all-jobs.js';\n` : ''}export * from './${strictness}/common.js';

${rows.join('\n\n')}
`;
}

/** A validator for the path, query and header parameters of each operation; query values are turned into their types. */
function emitParameters(files: Files, operations: readonly RestOperation[], openapi: JsonObject, set: SchemaSet): void {
  const ajv = newAjv(set, 'strict', { coerceTypes: 'array', useDefaults: true });
  for (const { id, definition } of operations) {
    const parameters = parametersOf(openapi, definition);
    // Only an operation that can say so refuses a query that it does not know; a probe's is none of its business.
    const refuses = (definition['responses'] as JsonObject)['400'] !== undefined;
    const part = (place: string, closed: boolean): JsonObject => {
      const own = parameters.filter((parameter) => parameter['in'] === place);
      return {
        type: 'object',
        properties: Object.fromEntries(
          own.map((parameter) => [nameOf(parameter, place), localSchema(parameter['schema'] as JsonObject)]),
        ),
        required: own
          .filter((parameter) => parameter['required'] === true)
          .map((parameter) => nameOf(parameter, place)),
        ...(closed ? { additionalProperties: false } : {}),
      };
    };
    ajv.addSchema(
      {
        type: 'object',
        properties: { path: part('path', true), query: part('query', refuses), header: part('header', false) },
        required: ['path', 'query', 'header'],
      },
      `parameters_${id}`,
    );
  }
  const code = finite(standalone(ajv, Object.fromEntries(operations.map(({ id }) => [id, `parameters_${id}`]))));
  const note = banner('specs/openapi.yaml');
  const table = `\n/** The validator of each operation's parameters. */\nexport const PARAMETERS = { ${operations.map(({ id }) => id).join(', ')} };\n`;
  files.set('rest/parameters.js', note + hoist(code, '../validators/runtime.js') + table);
  const rows = operations.map(({ id }) => `export const ${id}: Validator<Parameters<${literal(id)}>>;`);
  files.set(
    'rest/parameters.d.ts',
    `${note}import type { Validator } from '../validators/validator.ts';\nimport type { OperationId, Parameters } from './operations.ts';\n\n${rows.join('\n')}\n\nexport const PARAMETERS: { readonly [Op in OperationId]: Validator<Parameters<Op>> };\n`,
  );
}

/** ajv turns the text 1e400 into Infinity and holds that to no bound; no number of a contract is infinite. */
function finite(code: string): string {
  return code.replaceAll(/\b(data\d*) == \+\1\b/g, '$1 == +$1 && isFinite($1)');
}

/** HTTP libraries give the names of headers in lower case. */
function nameOf(parameter: JsonObject, place: string): string {
  const name = String(parameter['name']);
  return place === 'header' ? name.toLowerCase() : name;
}

function localSchema(schema: JsonObject): JsonObject {
  return typeof schema['$ref'] === 'string'
    ? { $ref: schema['$ref'].replace('#/components/schemas/', '') }
    : rewrite(schema, (name) => name);
}

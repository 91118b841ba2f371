import openapiTS, { astToString } from 'openapi-typescript';
import { type Documents, forOpenapi } from '../documents.ts';
import type { SchemaSet } from '../schema-set.ts';
import type { Json, JsonObject } from '../specs.ts';
import { banner, docComment, type Files, literal } from './text.ts';

/**
 * TypeScript types of everything: the paths and operations of OpenAPI, and every type of specs/ whether REST uses it or
 * not. The only place that imports openapi-typescript, so that it can be replaced.
 */
export async function emitTypes(documents: Documents, set: SchemaSet): Promise<Files> {
  const schemas = Object.fromEntries(
    [...set.values()].map(({ name, schema }) => [name, forTypes(forOpenapi(schema, set)) as JsonObject]),
  );
  const components = documents.openapi['components'] as JsonObject;
  const document = {
    ...(forTypes(documents.openapi) as JsonObject),
    components: { ...components, schemas },
  };
  const nodes = await openapiTS(JSON.stringify(document), { alphabetize: false, exportType: false, silent: true });
  return new Map([
    [
      'schemas/openapi-types.ts',
      `${banner('specs/openapi.yaml', 'specs/schemas', 'specs/jobs')}\n${astToString(nodes)}`,
    ],
    ['schemas/types.ts', aliases(set)],
  ]);
}

// The alternatives tell themselves apart by a const already; openapi-typescript would wrap each in an Omit for it. And it takes
// an object of which nothing more is said for one that is empty, though JSON Schema lets it have any field.
function forTypes(value: Json): Json {
  if (Array.isArray(value)) return value.map(forTypes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== 'discriminator')
    .map(([key, item]) => [key, forTypes(item)] as const);
  const { type, properties, additionalProperties } = value;
  const isOpen = type === 'object' && properties === undefined && additionalProperties === undefined;
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', true]] : entries);
}

function aliases(set: SchemaSet): string {
  const lines = [...set.values()].map(
    ({ name, schema }) =>
      `${docComment(String(schema['description'] ?? name))}\nexport type ${name} = components['schemas'][${literal(name)}];`,
  );
  const unions = [...set.values()]
    .filter((type) => type.variants !== undefined)
    .map(({ name, variants }) => {
      const members = Object.entries(variants ?? {}).map(([jobType, variant]) => `${literal(jobType)}: ${variant};`);
      return `/** ${name}, by job type. */\nexport interface ${name}ByJobType { ${members.join('\n')} }`;
    });
  return `${banner('specs/schemas', 'specs/jobs')}import type { components } from './openapi-types.ts';\n\n${[...lines, ...unions].join('\n\n')}\n`;
}

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
    [...set.values()].map(({ name, schema }) => [name, withoutDiscriminator(forOpenapi(schema, set)) as JsonObject]),
  );
  const components = documents.openapi['components'] as JsonObject;
  const document = {
    ...(withoutDiscriminator(documents.openapi) as JsonObject),
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

// The alternatives tell themselves apart by a const already; openapi-typescript would wrap each in an Omit for it.
function withoutDiscriminator(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDiscriminator);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'discriminator')
      .map(([key, item]) => [key, withoutDiscriminator(item)]),
  );
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

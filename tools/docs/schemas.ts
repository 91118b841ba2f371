import type { JsonObject, Schema } from './contracts.ts';

// The published documents hold the schemas that they speak of. Those that only stores have are made here of specs/schemas,
// as codegen makes them: a template once for each job type, an enum of its list, references by name.

const POINTER = /^#\/components\/schemas\/([A-Za-z0-9]+)$/;
const FILE = /^(?:\.\/|schemas\/)?([A-Za-z0-9]+)\.json$/;

export interface TemplateValues {
  /** Job type -> the words that a template has for it. */
  readonly jobTypes: Readonly<Record<string, { readonly pascal: string; readonly title: string }>>;
  /** Name of a list of the specs (`x-dtq-enum`) -> its members. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

/** The name of the schema that a reference leads to; null where it leads to none. */
export function nameOfReference(reference: string): string | null {
  return POINTER.exec(reference)?.[1] ?? FILE.exec(reference)?.[1] ?? null;
}

/** Every schema of a file of specs/schemas, by name. */
export function schemasOfFile(name: string, file: JsonObject, { jobTypes, enums }: TemplateValues): [string, Schema][] {
  const { $schema: _schema, 'x-dtq-for-each-job-type': isTemplate, 'x-dtq-enum': list, ...schema } = file;
  if (typeof list === 'string') {
    const also = (file['x-dtq-enum-also'] as string[] | undefined) ?? [];
    return [[name, { ...schema, enum: [...(enums[list] ?? []), ...also] }]];
  }
  if (isTemplate !== true) return [[name, schema]];
  const variants = Object.entries(jobTypes).map(([jobType, { pascal, title }]): [string, Schema] => {
    const text = JSON.stringify(schema)
      .replaceAll('{job_type}', jobType)
      .replaceAll('{JobType}', pascal)
      .replaceAll('{title}', title.toLowerCase());
    return [`${pascal}${name}`, JSON.parse(text) as Schema];
  });
  const description = String(schema['description'] ?? '').replaceAll('{title} ', '');
  const oneOf = variants.map(([variant]) => ({ $ref: `${variant}.json` }));
  return [...variants, [name, { title: name, description, oneOf }]];
}

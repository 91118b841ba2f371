import type { Schema } from './contracts.ts';
import { type Html, html, joined } from './html.ts';
import { type Page, table } from './page.ts';
import { nameOfReference } from './schemas.ts';

export interface FieldRow {
  /** "jobs[].since" for a field of the objects of a list. */
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** The fields of an object, with those of the objects within it that have no name of their own. */
export function fieldsOf(schema: Schema, prefix = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const row = { path, schema: field, isRequired: schema.required?.includes(name) ?? false };
    return [row, ...innerFields(field, path)];
  });
}

function innerFields(field: Schema, path: string): FieldRow[] {
  if (field.properties !== undefined) return fieldsOf(field, `${path}.`);
  if (field.items?.properties !== undefined) return fieldsOf(field.items, `${path}[].`);
  return (field.anyOf ?? field.oneOf ?? []).flatMap((part) => innerFields(part, path));
}

/** The fields of an object as a table; `idOf` gives each an anchor. */
export function fieldTable(
  page: Page,
  label: string,
  schema: Schema,
  idOf: (path: string) => string | undefined = () => undefined,
): Html {
  const rows = fieldsOf(schema).map(({ path, schema: field, isRequired }) => {
    const name = html`<code class="name">${path}</code>${isRequired ? html` <span class="required">required</span>` : ''}`;
    return { id: idOf(path), cells: [name, typeOf(page, field), meaningOf(page, field)] };
  });
  return table(label, ['field', 'type', 'meaning'], rows);
}

/** What a value may be, in words, with links to the types that have a name. */
export function typeOf(page: Page, schema: Schema): Html {
  if (schema.$ref !== undefined) {
    const name = nameOfReference(schema.$ref) ?? schema.$ref;
    return page.link('schema', name, name);
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined)
    return joined(
      choices.map((choice) => typeOf(page, choice)),
      html` <span class="or">or</span> `,
    );
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined)
    return joined(
      schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      html` <span class="or">or</span> `,
    );
  if (schema.type === 'array') return html`array of ${typeOf(page, schema.items ?? {})}`;
  const { additionalProperties: others } = schema;
  if (schema.type === 'object' && typeof others === 'object') return html`object of ${typeOf(page, others)}`;
  const bounds = boundsOf(schema);
  return html`${schema.type ?? 'anything'}${bounds === '' ? '' : html` <span class="bounds">${bounds}</span>`}`;
}

function meaningOf(page: Page, schema: Schema): Html {
  const named = schema.$ref === undefined ? undefined : page.contracts.schemas[nameOfReference(schema.$ref) ?? ''];
  const words = page.words(schema.description ?? named?.description);
  const pattern = typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined;
  const bounds = schema.type === 'array' ? boundsOf(schema) : '';
  return html`${words}${bounds === '' ? '' : html` <span class="bounds">${bounds}</span>`}${
    pattern === undefined ? '' : html` <span class="pattern">Pattern <code>${pattern}</code></span>`
  }`;
}

/** The bounds of a value in a few words, such as "1 to 100 characters". */
export function boundsOf(schema: Schema): string {
  const number = (name: string): number | undefined => (typeof schema[name] === 'number' ? schema[name] : undefined);
  const span = (least: number | undefined, most: number | undefined, of: string): string | undefined => {
    if (least === undefined && most === undefined) return undefined;
    if (least === most) return `${shown(least)}${of}`;
    if (most === undefined) return `${shown(least)}${of} or more`;
    return least === undefined ? `at most ${shown(most)}${of}` : `${shown(least)} to ${shown(most)}${of}`;
  };
  return [
    schema.format,
    span(number('minLength'), number('maxLength'), ' characters'),
    span(number('minimum'), number('maximum'), ''),
    span(number('minItems'), number('maxItems'), ' items'),
    number('maxProperties') === undefined ? undefined : `at most ${shown(number('maxProperties'))} fields`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** With commas between the thousands. */
function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en');
}

import type { Collection, RedisKey, Schema } from '../contracts.ts';
import { type Html, html } from '../html.ts';
import { type Page, table } from '../page.ts';
import { fieldTable, typeOf } from '../schema-view.ts';
import { nameOfReference } from '../schemas.ts';

const KINDS: Readonly<Record<string, string>> = {
  hash: 'a hash',
  sorted_set: 'a sorted set',
  text: 'a text',
  json: 'a text of JSON',
  channel: 'a channel (pub/sub)',
  counters: 'a hash of counters',
};

/** What stands in Redis and in MongoDB. */
export function storesPage(page: Page): Html {
  const { redis, mongodb } = page.contracts;
  return html`<p>What another program may read here, and write.</p>
${page.heading(2, 'redis', 'Redis')}
${Object.entries(redis).map(([name, key]) => keySection(page, name, key))}
${page.heading(2, 'mongodb', 'MongoDB')}
${Object.entries(mongodb).map(([name, collection]) => collectionSection(page, name, collection))}`;
}

function keySection(
  page: Page,
  name: string,
  { kind, description, key, notify, ttl, schema, encoding }: RedisKey,
): Html {
  const facts: [string, Html | string][] = [
    ['Kind', KINDS[kind] ?? kind],
    ['Time to live', ttl ?? 'none'],
    ...(notify === undefined ? [] : [['Tells of changes in', html`<code>${notify}</code>`] as [string, Html]]),
    ...(schema === undefined ? [] : [['Schema', typeOf(page, schema)] as [string, Html]]),
  ];
  return html`<section class="store">
${page.headingOf(3, 'redis', name, key, `Redis, ${name}`, html`<code>${key}</code>`)}
${page.prose(description)}
${factList(facts)}
${schema === undefined ? '' : fieldTable(page, `Fields of ${name}`, schemaOf(page, schema), (path) => `redis-${name}.${path}`)}
${encoding === undefined ? '' : html`<p>As strings of a hash: ${encodings(encoding)}; any other field is a plain string.</p>`}
</section>
`;
}

function encodings(encoding: Readonly<Record<string, string>>): Html[] {
  return Object.entries(encoding).map(
    ([field, as], index) => html`${index === 0 ? '' : ', '}<code>${field}</code> as ${as}`,
  );
}

function collectionSection(
  page: Page,
  name: string,
  { description, collection, schema, id, indexes }: Collection,
): Html {
  const rows = indexes.map((index) => {
    const keys = Object.entries(index.keys).map(
      ([field, order]) => `${field} ${order === 1 ? 'ascending' : 'descending'}`,
    );
    const fields = html`${keys.join(', ')}${index.unique ? html` <span class="required">unique</span>` : ''}`;
    return {
      id: `mongodb-${name}.index.${index.name}`,
      cells: [html`<code class="name">${index.name}</code>`, fields],
    };
  });
  return html`<section class="store">
${page.headingOf(3, 'mongodb', name, collection, 'MongoDB collection', html`<code>${collection}</code>`)}
${page.prose(description)}
${factList([
  ['Schema', typeOf(page, schema)],
  ['_id', id === undefined ? 'made by the server' : html`the value of <code>${id}</code>`],
])}
${documentTable(page, name, schema)}
${
  rows.length === 0
    ? ''
    : html`<p class="label">Indexes</p>
${table('Indexes', ['index', 'fields'], rows)}`
}
</section>
`;
}

/** The fields of a document; of one that is of a type of its own for each job type, those that all of them have. */
function documentTable(page: Page, name: string, schema: Schema): Html {
  const found = schemaOf(page, schema);
  const variants = leaves(page, found);
  const [first] = variants;
  const isOne = first === undefined || variants.length === 1;
  const note = isOne
    ? ''
    : html`<p>The fields of <code>input</code>, <code>output</code> and <code>payload</code> are those of the job's type. For instance, of
${typeOf(page, { $ref: `${first.title}.json` })}:</p>`;
  return html`${note}${fieldTable(page, `Fields of ${name}`, first ?? found, (path) => `mongodb-${name}.${path}`)}`;
}

function leaves(page: Page, schema: Schema): Schema[] {
  const parts = schema.oneOf ?? schema.anyOf;
  return parts === undefined ? [schema] : parts.flatMap((part) => leaves(page, schemaOf(page, part)));
}

function schemaOf(page: Page, schema: Schema): Schema {
  return page.contracts.schemas[nameOfReference(schema.$ref ?? '') ?? ''] ?? schema;
}

function factList(facts: readonly (readonly [string, Html | string])[]): Html {
  return html`<dl class="facts">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

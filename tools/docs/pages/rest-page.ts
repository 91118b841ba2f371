import { json, quoted, shell } from '../code.ts';
import type { Content, Header, Operation, Parameter, Reference, Schema } from '../contracts.ts';
import { exampleOf } from '../example.ts';
import { type Html, html, joined } from '../html.ts';
import { type Page, table } from '../page.ts';
import { fieldTable, typeOf } from '../schema-view.ts';
import { nameOfReference } from '../schemas.ts';

/** Where the examples send their requests. */
const BASE = 'http://127.0.0.1:8080';

const JSON_TYPE = 'application/json';

/** Every operation of the API. */
export function restPage(page: Page): Html {
  const { openapi } = page.contracts;
  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = openapi.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags[0] === name);
    return html`${page.heading(2, `tag-${name}`, `${name.charAt(0).toUpperCase()}${name.slice(1)}`)}
${page.prose(description)}
${own.map(({ method, path, operation }) => section(page, method, path, operation))}`;
  });
  return html`<p>The same as a document for programs: <a href="/openapi.json">/openapi.json</a>. To send requests from the
browser: <a href="/docs/try">try it out</a>.</p>
${groups}`;
}

function section(page: Page, method: string, path: string, operation: Operation): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const known = parameters.map((parameter) => resolved(page, parameter));
  return html`<section class="operation">
${page.headingOf(3, 'operation', operationId, summary, `${method.toUpperCase()} ${path}`)}
<p class="route"><b class="method ${method}">${method.toUpperCase()}</b> <code>${breakable(path)}</code> <span class="id">${operationId}</span></p>
${page.prose(description)}
${roles(operation)}
${known.length === 0 ? '' : parameterTable(page, operationId, known)}
${requestBody === undefined ? '' : body(page, requestBody)}
${answers(page, responses)}
<p class="label">Example</p>
${shell(curl(page, method, path, operation, known))}
${exampleAnswer(page, responses)}
</section>
`;
}

/** What a key must allow, where one is wanted. */
function roles({ security = [] }: Operation): Html {
  const names = [...new Set(security.flatMap((way) => Object.values(way).flat()))];
  if (names.length === 0) return html``;
  const shown = joined(
    names.map((name) => html`<code>${name}</code>`),
    ' or ',
  );
  return html`<p>Where the server wants keys: <code>Authorization: Bearer KEY</code> with the role ${shown}.</p>`;
}

function parameterTable(page: Page, operationId: string, parameters: readonly Parameter[]): Html {
  const rows = parameters.map(({ name, in: place, required = false, description, schema }) => ({
    id: `op-${operationId}.${name}`,
    cells: [
      html`<code class="name">${name}</code>${required ? html` <span class="required">required</span>` : ''}`,
      place,
      typeOf(page, schema),
      page.words(description),
    ],
  }));
  return html`<p class="label">Parameters</p>
${table('Parameters', ['name', 'in', 'type', 'meaning'], rows)}`;
}

function body(page: Page, { required, description, content }: NonNullable<Operation['requestBody']>): Html {
  return html`<p class="label">Body${required ? html` <span class="required">required</span>` : ''}</p>
${page.prose(description)}
${Object.entries(content).map(
  ([type, { schema }]) => html`<p><code>${type}</code>: ${typeOf(page, schema)}</p>
${fields(page, schema)}`,
)}`;
}

/** The fields of a type where it is one object, to be opened where they are wanted. */
function fields(page: Page, schema: Schema): Html {
  const name = nameOfReference(schema.$ref ?? '');
  const found = name === null ? schema : page.contracts.schemas[name];
  if (found?.properties === undefined) return html``;
  return html`<details><summary>Fields of ${name ?? 'the body'}</summary>
${fieldTable(page, `Fields of ${name ?? 'the body'}`, found)}</details>
`;
}

function answers(page: Page, responses: Operation['responses']): Html {
  const rows = Object.entries(responses).map(([status, reference]) => {
    const { description, content = {}, headers = {} } = resolved(page, reference);
    const types = Object.entries(content).map(
      ([type, { schema }]) =>
        html`${typeOf(page, schema)}${type === JSON_TYPE ? '' : html` <span class="bounds">${type}</span>`}`,
    );
    const sent = Object.entries(headers).map(([name, header]) => {
      const { description: words } = resolved<Header>(page, header);
      return html`<div class="sent"><code>${name}</code> <span class="bounds">${page.words(words)}</span></div>`;
    });
    const codes = Object.entries(page.contracts.problems)
      .filter(([, problem]) => String(problem.status) === status && 'application/problem+json' in content)
      .map(([code]) => page.link('problem', code));
    return {
      cells: [
        html`<b class="status s${status.charAt(0)}">${status}</b>`,
        html`${page.words(description)}${codes.length === 0 ? '' : html` <span class="codes">Codes of this status: ${joined(codes, ' ')}</span>`}`,
        html`${types.length === 0 ? 'none' : joined(types, ' or ')}${sent}`,
      ],
    };
  });
  return html`<p class="label">Answers</p>
${table('Answers', ['status', 'when', 'body and headers'], rows)}`;
}

function exampleAnswer(page: Page, responses: Operation['responses']): Html {
  const [good] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  if (good === undefined) return html``;
  const [status, reference] = good;
  const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(resolved(page, reference).content ?? {});
  if (type === '') return html``;
  const value = exampleOf(schema, page.contracts.schemas);
  if (type === JSON_TYPE)
    return html`<p class="label">${status}</p>
${json(value)}`;
  const { event, id, data } = value as { event: string; id?: string; data: unknown };
  const lines = [`event: ${event}`, ...(id === undefined ? [] : [`id: ${id}`]), `data: ${JSON.stringify(data)}`];
  return html`<p class="label">${status}, one event</p>
${shell(lines.join('\n'))}`;
}

function curl(
  page: Page,
  method: string,
  path: string,
  { requestBody }: Operation,
  parameters: readonly Parameter[],
): string {
  const { schemas } = page.contracts;
  const valueFor = ({ schema }: Parameter): string => String(exampleOf(schema, schemas));
  const filled = path.replace(/\{([^}]+)\}/g, (whole, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return parameter === undefined ? whole : encodeURIComponent(valueFor(parameter)).replaceAll('%3A', ':');
  });
  const headers = parameters.filter((one) => one.in === 'header').map((one) => `${one.name}: ${valueFor(one)}`);
  const sent = contentExample(requestBody?.content, schemas);
  const parts = [
    `curl -s${method === 'get' ? '' : ` -X ${method.toUpperCase()}`}${method === 'get' && path.endsWith('/events') ? 'N' : ''} ${BASE}${filled}`,
    ...headers.map((header) => `-H ${quoted(header)}`),
    ...(sent === undefined ? [] : [`-H ${quoted(`Content-Type: ${JSON_TYPE}`)}`, `-d ${quoted(JSON.stringify(sent))}`]),
  ];
  return parts.join(' \\\n  ');
}

function contentExample(content: Content | undefined, schemas: Page['contracts']['schemas']): unknown {
  const schema = content?.[JSON_TYPE]?.schema;
  return schema === undefined ? undefined : exampleOf(schema, schemas);
}

/** What a reference within the OpenAPI document leads to. */
function resolved<Part extends Reference>(page: Page, part: Part): Part {
  if (part.$ref === undefined) return part;
  let value: unknown = page.contracts.openapi;
  for (const name of part.$ref.split('/').slice(1)) value = (value as Record<string, unknown>)[name];
  return value as Part;
}

/** A path that may be broken before each of its parts. */
function breakable(path: string): Html {
  return joined(path.split(/(?=\/)/), html`<wbr>`);
}

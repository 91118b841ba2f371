import { Scope } from './clauses.ts';
import type { Answer, Contracts, Operation, Parameter, Schema } from './contracts.ts';
import type { Exchange, Sides } from './exchanges.ts';
import { type Finding, finding } from './finding.ts';

interface Found {
  readonly findings: Finding[];
  readonly exchanges: Exchange[];
}

/** Compares what clients ask and servers answer. */
export function compareRest(sides: Sides): Found {
  const found: Found = { findings: [], exchanges: [] };
  const now = new Map(
    Object.entries(sides.now.operations).map(([id, operation]) => [wireName(operation), { id, operation }]),
  );
  for (const [id, old] of Object.entries(sides.old.operations)) {
    const place = `${old.method.toUpperCase()} ${old.path}`;
    const twin = now.get(wireName(old));
    if (twin === undefined) {
      const moved = sides.now.operations[id];
      const where = moved === undefined ? '' : `; ${id} is ${moved.method.toUpperCase()} ${moved.path} now`;
      const rule = old.deprecated ? 'operation-retired' : 'operation-removed';
      found.findings.push(finding(rule, 'rest', place, `${place} (${id}) is gone${where}`));
      continue;
    }
    if (twin.id !== id)
      found.findings.push(finding('operation-renamed', 'rest', place, `${id} is called ${twin.id} now`));
    if (twin.operation.secured && !old.secured)
      found.findings.push(finding('security-added', 'rest', place, 'credentials are demanded now'));
    compareParameters(sides, place, old, twin.operation, found);
    compareBodies(sides, place, old, twin.operation, found);
    compareAnswers(sides, place, old, twin.operation, found);
  }
  return found;
}

/** What of an operation is on the wire: names of path parameters are not. */
function wireName({ method, path }: Operation): string {
  return `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
}

function compareParameters(sides: Sides, place: string, old: Operation, now: Operation, found: Found): void {
  const positions = (operation: Operation): string[] =>
    [...operation.path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '');
  const [oldPath, nowPath] = [positions(old), positions(now)];
  const key = (parameter: Parameter, path: readonly string[]): string =>
    parameter.in === 'path'
      ? `path ${path.indexOf(parameter.name)}`
      : `${parameter.in} ${parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name}`;
  const taken = new Map(now.parameters.map((parameter) => [key(parameter, nowPath), parameter]));
  const sent = new Map(old.parameters.map((parameter) => [key(parameter, oldPath), parameter]));
  for (const [name, parameter] of sent) {
    const where = `${place}, ${parameter.in} parameter ${parameter.name}`;
    const reader = taken.get(name);
    if (reader === undefined) {
      found.findings.push(finding('parameter-removed', 'rest', where, `${parameter.name} is not taken any more`));
      continue;
    }
    if (reader.required && !parameter.required)
      found.findings.push(
        finding('parameter-required', 'rest', where, `${parameter.name} may be missing, and is required`),
      );
    found.exchanges.push(sides.request(where, asText(sides, parameter.schema, reader.schema), reader.schema));
  }
  for (const [name, parameter] of taken) {
    if (parameter.required && !sent.has(name) && parameter.in !== 'path')
      found.findings.push(
        finding(
          'parameter-required',
          'rest',
          `${place}, ${parameter.in} parameter ${parameter.name}`,
          `${parameter.name} is new, and required`,
        ),
      );
  }
}

/** Parameters travel as text: where a server takes text now, what was a number or a boolean is the text of one. */
function asText(sides: Sides, writer: Schema, reader: Schema): Schema {
  const sent = new Scope(sides.old.types, 'writer').clausesOf(writer).list;
  const taken = new Scope(sides.now.types, 'exact').clausesOf(reader).list;
  if (!taken.every(({ type }) => type === 'string')) return writer;
  if (sent.every((clause) => clause.type === 'number' && clause.integer))
    return { type: 'string', maxLength: 17, pattern: '^-?[0-9]{1,16}$' };
  if (sent.every(({ type }) => type === 'boolean')) return { type: 'string', enum: ['true', 'false'] };
  return writer;
}

function compareBodies(sides: Sides, place: string, old: Operation, now: Operation, found: Found): void {
  if (now.bodyRequired && !old.bodyRequired)
    found.findings.push(finding('body-required', 'rest', `${place}, body`, 'a body is required now'));
  for (const { contentType, schema } of old.bodies) {
    const where = `${place}, body`;
    const reader = now.bodies.find((body) => body.contentType === contentType);
    if (reader === undefined)
      found.findings.push(finding('request-media-type-removed', 'rest', where, `${contentType} is not taken any more`));
    else found.exchanges.push(sides.request(where, schema, reader.schema));
  }
}

function compareAnswers(sides: Sides, place: string, old: Operation, now: Operation, found: Found): void {
  for (const [status, answer] of Object.entries(now.answers)) {
    const before = old.answers[status];
    const where = `${place}, answer ${status}`;
    if (before === undefined) {
      const rule = /^[45]/.test(status) ? 'failure-status-added' : 'success-status-added';
      found.findings.push(finding(rule, 'rest', where, `the status ${status} is new`));
    } else compareAnswer(sides, where, status, before, answer, found);
  }
}

function compareAnswer(sides: Sides, place: string, status: string, old: Answer, now: Answer, found: Found): void {
  for (const [name, header] of Object.entries(old.headers)) {
    const sent = Object.entries(now.headers).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
    const where = `${place}, header ${name}`;
    if (header.required && sent?.required !== true)
      found.findings.push(finding('answer-header-removed', 'rest', where, `${name} may be missing`));
    if (sent !== undefined) found.exchanges.push(sides.answer(where, sent.schema, header.schema));
  }
  if ((old.bodies.length === 0) !== (now.bodies.length === 0)) {
    found.findings.push(
      finding(
        'answer-body-added',
        'rest',
        place,
        now.bodies.length === 0 ? 'there is no body any more' : 'there is a body now',
      ),
    );
    return;
  }
  for (const { contentType, schema } of now.bodies) {
    const before = old.bodies.find((body) => body.contentType === contentType);
    if (before !== undefined)
      found.exchanges.push(sides.answer(`${place}`, problemsOf(sides.now, status, contentType, schema), before.schema));
    // Every failure may be told as a problem.
    else if (!(contentType === 'application/problem+json' && /^[45]/.test(status)))
      found.findings.push(finding('media-type-added', 'rest', place, `it may come as ${contentType}`));
  }
  for (const { contentType } of old.bodies) {
    if (!now.bodies.some((body) => body.contentType === contentType))
      found.findings.push(finding('media-type-removed', 'rest', place, `it does not come as ${contentType} any more`));
  }
}

/** A problem with that status, and only the codes that can come with it. */
function problemsOf(now: Contracts, status: string, contentType: string, schema: Schema): Schema {
  if (contentType !== 'application/problem+json') return schema;
  const codes = Object.keys(now.problems).filter((code) => String(now.problems[code]) === status);
  if (codes.length === 0) return schema;
  return {
    allOf: [schema, { type: 'object', properties: { code: { enum: codes }, status: { const: Number(status) } } }],
  };
}

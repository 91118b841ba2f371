import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { type Place, SpecError } from './spec-error.ts';

/** A parsed file of specs/ that can tell where each of its values stands. */
export interface Source {
  /** Path from the root of the repository, with forward slashes. */
  readonly file: string;
  readonly data: unknown;
  /** The place of the value that a JSON pointer names, or of its nearest ancestor that exists. */
  locate(pointer: string): Place;
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads a YAML or JSON file. Throws SpecError on a syntax error or a key given twice. */
export function readSource(root: string, file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false });
  const locate = (pointer: string): Place => placeOf(document.contents, lines, file, pointer);
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new SpecError(
      { file, line, column: col, pointer: '' },
      fault.message.split('\n')[0]?.replace(/:$/, '') ?? '',
    );
  }
  const data: unknown = document.toJS({ maxAliasCount: 0 });
  refuseForbiddenKeys(data, '', locate);
  return { file, data, locate };
}

function refuseForbiddenKeys(value: unknown, pointer: string, locate: Source['locate']): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseForbiddenKeys(item, `${pointer}/${index}`, locate);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key)}`;
      if (FORBIDDEN_KEYS.has(key)) throw new SpecError(locate(at), `"${key}" is not allowed as a name`);
      refuseForbiddenKeys(item, at, locate);
    }
  }
}

function placeOf(root: unknown, lines: LineCounter, file: string, pointer: string): Place {
  let node = root as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const part of pointer.split('/').slice(1).map(unescapePointer)) {
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else {
      const item = node.items[Number(part)] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col, pointer };
}

/** Escapes one token of a JSON pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

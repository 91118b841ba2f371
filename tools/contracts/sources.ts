import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'vite';

export const root = path.resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly file: string;
  readonly imports: readonly string[];
  /** Every string in the code with its line: literals, and the fixed parts of templates. Comments are none of them. */
  readonly strings: readonly { readonly text: string; readonly line: number }[];
}

const IGNORED = new Set(['node_modules', 'dist', '.turbo', 'test', '__transpiled']);

/** The hand-written sources below folders, tests left out. */
export function productSources(...folders: string[]): SourceFile[] {
  return folders.flatMap(filesBelow).map(parse);
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => !IGNORED.has(entry.name))
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(file);
      return /\.(?:ts|tsx|js|mjs)$/.test(file) && !/\.test\.tsx?$|\.d\.ts$/.test(file) ? [file] : [];
    });
}

function parse(file: string): SourceFile {
  const code = readFileSync(path.join(root, file), 'utf8');
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const imports: string[] = [];
  const strings: { text: string; line: number }[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (isNode(node)) {
      const { type, start } = node;
      if (
        /^(?:ImportDeclaration|ImportExpression|ExportNamedDeclaration|ExportAllDeclaration)$/.test(type) &&
        isNode(node['source'])
      ) {
        imports.push(String(node['source']['value']));
      } else {
        // Types are held by the compiler; what a literal type says reaches no wire by itself.
        if (type === 'TSLiteralType') return;
        if (type === 'Literal' && typeof node['value'] === 'string')
          strings.push({ text: node['value'], line: lineOf(code, start) });
        if (type === 'TemplateElement')
          strings.push({ text: (node['value'] as { cooked: string }).cooked, line: lineOf(code, start) });
      }
      for (const [key, child] of Object.entries(node)) if (key !== 'source') visit(child);
    }
  };
  visit(program);
  return { file, imports, strings };
}

function isNode(value: unknown): value is { type: string; start: number } & Record<string, unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function lineOf(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length;
}

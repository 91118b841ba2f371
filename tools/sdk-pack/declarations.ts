import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './root.ts';

const generated = path.join(root, 'generated');

/** How a specifier stands in a declaration: from '…', or import('…'). */
const SPECIFIER = /(\bfrom |\bimport\()(["'])([^"']+)\2/g;

/**
 * Writes the declarations of the entries, and of every file that they need, into a folder, and gives their number. The
 * compiler makes them; the names of what they import are rewritten to what a package without its sources has.
 */
export function writeDeclarations(entries: readonly string[], scratch: string, folder: string): number {
  const made = path.join(scratch, 'declarations');
  const project = path.join(scratch, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: generated,
    outDir: made,
    // Found through node_modules a file would count as another team's, and get no declaration.
    paths: { '@dtq/generated/*': [path.join(generated, '*')] },
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
  };
  const files = entries.map((entry) => path.join(generated, entry));
  writeFileSync(project, JSON.stringify({ extends: path.join(root, 'tsconfig.base.json'), compilerOptions, files }));
  execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
    stdio: 'inherit',
  });

  const written = new Set<string>();
  const write = (module: string): void => {
    if (written.has(module)) return;
    written.add(module);
    const name = module.replace(/\.[jt]s$/, '.d.ts');
    // What is JavaScript already has its declaration beside it.
    const source = [made, generated].map((place) => path.join(place, name)).find((file) => existsSync(file));
    if (source === undefined) throw new Error(`there is no declaration of ${module}`);
    const needed: string[] = [];
    const text = readFileSync(source, 'utf8').replace(
      SPECIFIER,
      (whole, before: string, quote: string, specifier: string) => {
        const target = targetOf(specifier, module);
        if (target === undefined) return whole;
        needed.push(target);
        return `${before}${quote}${relative(module, target)}${quote}`;
      },
    );
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    for (const target of needed) write(target);
  };
  for (const entry of entries) write(entry);
  return written.size;
}

/** The file below generated/ that a specifier means; undefined for another team's package. */
function targetOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(from), specifier);
  return /^@dtq\/generated\/(.+)$/.exec(specifier)?.[1];
}

function relative(from: string, to: string): string {
  const specifier = path.posix.relative(path.posix.dirname(from), to).replace(/\.ts$/, '.js');
  return specifier.startsWith('.') ? specifier : `./${specifier}`;
}

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface ReadmeBlock {
  readonly commands: readonly string[];
  readonly line: number;
  readonly clone: boolean;
  /** What a server prints when it is up. */
  readonly until: string | undefined;
  /** It asks a server that serves already, in one shell with the other such blocks. */
  readonly served: boolean;
}

/** Every block of shell commands of a document, with what the comment above it says. Throws for a comment it does not know. */
export function readmeBlocks(root: string, document = 'README.md'): ReadmeBlock[] {
  const lines = readFileSync(path.join(root, document), 'utf8').split('\n');
  const blocks: ReadmeBlock[] = [];
  let comment = '';
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.startsWith('<!-- ci:')) comment = line;
    if (line !== '```sh') {
      if (line !== '' && line !== comment) comment = '';
      continue;
    }
    const end = lines.indexOf('```', index + 1);
    if (end < 0) throw new Error(`${document}:${index + 1}: the block does not end`);
    const commands = lines
      .slice(index + 1, end)
      .map(withoutNote)
      .filter(Boolean);
    blocks.push({ commands, line: index + 1, ...meaning(comment, index) });
    comment = '';
    index = end;
  }
  return blocks;
}

function meaning(comment: string, line: number): Pick<ReadmeBlock, 'clone' | 'until' | 'served'> {
  if (comment === '') return { clone: false, until: undefined, served: false };
  if (comment === '<!-- ci: served -->') return { clone: false, until: undefined, served: true };
  const match = /^<!-- ci: (?:(?<clone>clone)(?:, )?)?(?:server until "(?<until>[^"]+)")? -->$/.exec(comment);
  if (match === null) throw new Error(`README.md:${line}: not understood: ${comment}`);
  return { clone: match.groups?.['clone'] !== undefined, until: match.groups?.['until'], served: false };
}

function withoutNote(line: string): string {
  return line.replace(/\s+# .*$/, '').trim();
}

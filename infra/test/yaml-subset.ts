/**
 * Reads the part of YAML that compose.yaml uses: maps, lists of scalars, plain and quoted scalars, literal blocks (`|`)
 * and comments. It is strict: what it does not know, it refuses. The repository has no YAML library at its root,
 * and this file alone would be no reason to add one.
 */
export type Yaml = string | null | Yaml[] | { [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** @throws Error naming the line that is outside the part */
export function parseYaml(source: string): Yaml {
  const lines = source.split('\n').map((raw): Line => {
    const text = raw.trimStart();
    return { indent: raw.length - text.length, text: text.trimEnd() };
  });
  const reader = { lines, at: 0 };
  skipBlank(reader);
  const value = readBlock(reader, reader.lines[reader.at]?.indent ?? 0);
  skipBlank(reader);
  if (reader.at < lines.length) throw new Error(`line ${reader.at + 1} is not understood: ${lines[reader.at]?.text}`);
  return value;
}

interface Reader {
  readonly lines: readonly Line[];
  at: number;
}

function readBlock(reader: Reader, indent: number): Yaml {
  return reader.lines[reader.at]?.text.startsWith('- ') ? readList(reader, indent) : readMap(reader, indent);
}

function readMap(reader: Reader, indent: number): Yaml {
  const map: { [key: string]: Yaml } = {};
  for (let line = next(reader, indent); line !== undefined; line = next(reader, indent)) {
    const match = /^([\w-]+):(?: (.*))?$/.exec(line.text);
    if (match === null) throw new Error(`line ${reader.at + 1} is not "key: value": ${line.text}`);
    const [, key = '', rest] = match;
    if (key in map) throw new Error(`line ${reader.at + 1} repeats the key ${key}`);
    reader.at += 1;
    map[key] = rest === undefined ? readNested(reader, indent) : readScalar(reader, rest, indent);
  }
  return map;
}

function readList(reader: Reader, indent: number): Yaml {
  const list: Yaml[] = [];
  for (let line = next(reader, indent); line?.text.startsWith('- '); line = next(reader, indent)) {
    reader.at += 1;
    list.push(readScalar(reader, line.text.slice(2), indent));
  }
  return list;
}

function readNested(reader: Reader, indent: number): Yaml {
  skipBlank(reader);
  const line = reader.lines[reader.at];
  return line !== undefined && line.indent > indent ? readBlock(reader, line.indent) : null;
}

function readScalar(reader: Reader, text: string, indent: number): Yaml {
  if (text === '|') return readLiteral(reader, indent);
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (/^['[{&*!>]/.test(text) || text.includes(' #')) throw new Error(`line ${reader.at} is outside the part: ${text}`);
  return text;
}

function readLiteral(reader: Reader, indent: number): string {
  const first = reader.lines[reader.at]?.indent ?? 0;
  let text = '';
  for (; (reader.lines[reader.at]?.indent ?? 0) > indent; reader.at += 1) {
    const line = reader.lines[reader.at];
    text += `${' '.repeat((line?.indent ?? first) - first)}${line?.text}\n`;
  }
  return text;
}

/** The next line of this block, or undefined at its end. */
function next(reader: Reader, indent: number): Line | undefined {
  skipBlank(reader);
  const line = reader.lines[reader.at];
  return line?.indent === indent ? line : undefined;
}

function skipBlank(reader: Reader): void {
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.text !== '' && !line.text.startsWith('#')) return;
    reader.at += 1;
  }
}

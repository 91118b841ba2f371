/** One element, as it begins in a page. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface ReadPage {
  readonly elements: readonly Element[];
  readonly ids: ReadonlySet<string>;
  /** Where every link and every resource leads. */
  readonly links: readonly string[];
}

/** HTML, 13.1.2: elements that have no end. */
const VOID = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'track',
  'wbr',
]);

/** HTML, 4.4: a paragraph ends where one of these begins, whatever the source says. */
const NEVER_IN_P = new Set([
  'address',
  'article',
  'details',
  'div',
  'dl',
  'h1',
  'h2',
  'h3',
  'h4',
  'ol',
  'p',
  'pre',
  'section',
  'table',
  'ul',
]);

const TAG = /<(?:(!doctype html)|\/([a-z][a-z0-9]*)|([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<]*")?)*)\s*(\/)?)>/iy;

/**
 * Reads a page as strictly as it should have been written: every tag closed in its order, every attribute between quotation
 * marks, no id twice, no `<` and no bare `&` in a text. Throws with the place of the first fault.
 */
export function readHtml(html: string): ReadPage {
  const open: string[] = [];
  const elements: Element[] = [];
  const ids = new Set<string>();
  const fail = (at: number, what: string): never => {
    throw new Error(`${what} at …${html.slice(Math.max(0, at - 60), at + 80)}…`);
  };
  for (let at = 0; at < html.length; ) {
    const next = html.indexOf('<', at);
    const text = html.slice(at, next === -1 ? html.length : next);
    const bare = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(text);
    if (bare !== null) fail(at + bare.index, 'a bare &');
    if (next === -1) break;
    TAG.lastIndex = next;
    const match = TAG.exec(html) ?? fail(next, 'no tag');
    const [whole, , closed, opened, attributes = '', selfClosed] = match;
    if (closed !== undefined && open.pop() !== closed) fail(next, `</${closed}> closes nothing`);
    if (opened !== undefined) {
      if (NEVER_IN_P.has(opened) && open.at(-1) === 'p') fail(next, `<${opened}> within a paragraph`);
      const element = { name: opened, attributes: read(attributes) };
      const id = element.attributes.get('id');
      if (id !== undefined && (ids.has(id) || !/^\S+$/.test(id)))
        fail(next, `the id ${JSON.stringify(id)} is there already, or none`);
      if (id !== undefined) ids.add(id);
      elements.push(element);
      if (!VOID.has(opened) && selfClosed === undefined) open.push(opened);
    }
    at = next + whole.length;
  }
  if (open.length > 0) fail(html.length, `${open.join(', ')} not closed`);
  const links = elements.flatMap(({ attributes }) => {
    return ['href', 'src'].flatMap((name) => attributes.get(name) ?? []);
  });
  return { elements, ids, links };
}

function read(attributes: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of attributes.matchAll(/\s([a-zA-Z-]+)(?:="([^"]*)")?/g)) {
    if (found.has(name)) throw new Error(`the attribute ${name} is there twice in ${attributes}`);
    found.set(name, decoded(value));
  }
  return found;
}

/** A text without the entities that the site writes. */
export function decoded(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

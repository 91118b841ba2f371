/** HTML that may stand in a page as it is. Only this module makes it of text. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

/**
 * A piece of HTML. What is put in is escaped, unless it is HTML itself, so that no text of a contract can become markup; a
 * list is put in part by part, and nothing where a part is left out.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string + (index < parts.length ? shown(parts[index]) : '')).join(''));
}

/** Trusted text as HTML: what a renderer has made that escapes by itself. */
export function trusted(text: string): Html {
  return new Html(text);
}

export function joined(parts: readonly Part[], between: Part = ''): Html {
  return new Html(parts.map(shown).join(shown(between)));
}

/** A text in which HTML finds nothing of its own, in an element or in an attribute between quotation marks. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function shown(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(shown).join('');
  return escaped(String(part));
}

import { Marked } from 'marked';
import { escaped, type Html, trusted } from './html.ts';

export interface MarkdownOptions {
  /** Where a code span leads; undefined for one that leads nowhere. */
  readonly linkOf?: (code: string) => string | undefined;
  /** The id of a heading; undefined for one without. */
  readonly idOf?: (heading: string) => string | undefined;
  /** How far headings are moved down, so that they stand below those of the page. */
  readonly below?: number;
}

/** Schemes that a link of a text may have; one without a scheme stays on the site. */
const SAFE = /^(?:https?:|mailto:|[^:]*$|[^:]*[/?#])/i;

/** Markdown as HTML, in blocks. HTML within it is text, pictures are their words, and no link leads to a script. */
export function markdown(text: string, options: MarkdownOptions = {}): Html {
  // Without white space at both ends: the templates around it have their own.
  return trusted(rendererOf(options).parse(text, { async: false }).trim());
}

/** Markdown of one paragraph as HTML that may stand in a line. */
export function inline(text: string, options: MarkdownOptions = {}): Html {
  return trusted(rendererOf(options).parseInline(text.replace(/\s+/g, ' ').trim(), { async: false }));
}

function rendererOf({ linkOf, idOf, below = 0 }: MarkdownOptions): Marked {
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      html: ({ text }) => escaped(text),
      image: ({ text }) => escaped(text),
      codespan({ text }) {
        const href = linkOf?.(text);
        const code = `<code>${escaped(text)}</code>`;
        return href === undefined ? code : `<a href="${escaped(href)}">${code}</a>`;
      },
      code: ({ text }) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>`,
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        return SAFE.test(href) ? `<a href="${escaped(href)}">${words}</a>` : words;
      },
      heading({ tokens, depth, text }) {
        const id = idOf?.(text);
        const level = Math.min(6, depth + below);
        const attribute = id === undefined ? '' : ` id="${escaped(id)}"`;
        return `<h${level}${attribute}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
    },
  });
  return marked;
}

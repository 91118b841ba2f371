import type { Contracts } from './contracts.ts';
import { type Html, html, joined } from './html.ts';
import { inline, markdown } from './markdown.ts';
import { anchorOf, hrefOf, type Kind, type linkOfCode } from './site-map.ts';

/** A heading of a page, for its table of contents and the search. */
export interface Heading {
  readonly level: 2 | 3 | 4;
  readonly id: string;
  readonly text: string;
  /** What it is a heading of, such as "operation"; said beside it in the search. */
  readonly kind: string;
}

/** A page while it is written: its headings are noted as they are made. */
export class Page {
  readonly file: string;
  readonly title: string;
  readonly contracts: Contracts;
  readonly headings: Heading[] = [];
  readonly #links: ReturnType<typeof linkOfCode>;

  constructor(file: string, title: string, contracts: Contracts, links: ReturnType<typeof linkOfCode>) {
    this.file = file;
    this.title = title;
    this.contracts = contracts;
    this.#links = links;
  }

  /** A heading with an anchor. `text` is what the search and the contents say; `shown` stands in the page in its place. */
  heading(level: 2 | 3 | 4, id: string, text: string, kind = '', shown: Html | string = text): Html {
    this.headings.push({ level, id, text, kind });
    const link = html`<a class="anchor" href="#${id}" aria-label="Link to ${text}">#</a>`;
    if (level === 2) return html`<h2 id="${id}">${shown} ${link}</h2>`;
    if (level === 3) return html`<h3 id="${id}">${shown} ${link}</h3>`;
    return html`<h4 id="${id}">${shown} ${link}</h4>`;
  }

  /** The heading of a thing of the contracts, at its own anchor. */
  headingOf(level: 2 | 3 | 4, kind: Kind, name: string, text: string, word: string, shown?: Html): Html {
    return this.heading(level, anchorOf(kind, name), text, word, shown);
  }

  href(kind: Kind, name: string): string {
    return hrefOf(this.file, kind, name);
  }

  /** A link to a thing of the contracts, in code style unless its words say otherwise. */
  link(kind: Kind, name: string, words: Html | string = html`<code>${name}</code>`): Html {
    return html`<a href="${this.href(kind, name)}">${words}</a>`;
  }

  /** A description of the contracts, in blocks. */
  prose(text: string | undefined): Html {
    return text === undefined || text === '' ? html`` : markdown(paragraphs(text), { linkOf: this.linkOf, below: 3 });
  }

  /** The same in one line. */
  words(text: string | undefined): Html {
    return text === undefined ? html`` : inline(text, { linkOf: this.linkOf });
  }

  /** Where a name in code style leads from here; undefined for what is no name of the contracts. */
  readonly linkOf = (code: string): string | undefined => {
    const target = this.#links(code);
    return target === undefined ? undefined : hrefOf(this.file, ...target);
  };
}

/** A table that scrolls by itself where it is wide; on a narrow screen each row becomes a card whose cells name their column. */
export function table(
  label: string,
  columns: readonly string[],
  rows: readonly { readonly id?: string | undefined; readonly cells: readonly (Html | string)[] }[],
): Html {
  const body = rows.map(({ id, cells }) => {
    const shown = cells.map((cell, index) => html`<td data-label="${columns[index]}">${cell}</td>`);
    return id === undefined ? html`<tr>${shown}</tr>\n` : html`<tr id="${id}">${shown}</tr>\n`;
  });
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  return html`<div class="table" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>
`;
}

/** Things in one line, with commas between. */
export function list(items: readonly (Html | string)[]): Html {
  return joined(items, ', ');
}

/** YAML folds a text to one line for each paragraph; Markdown has an empty line between two. */
function paragraphs(text: string): string {
  return /\n\s*\n|^\s*(?:[-*]|\d+\.) /m.test(text) ? text : text.replaceAll('\n', '\n\n');
}

import { type Html, html } from './html.ts';

/** The parts of JSON that are told apart by colour: a key, a string, a number or a word. */
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;

/** A value as JSON, indented and coloured. */
export function json(value: unknown): Html {
  const text = JSON.stringify(value, null, 2);
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [whole, string, colon] = match;
    parts.push(html`${text.slice(end, match.index)}`);
    if (colon !== undefined) parts.push(html`<span class="k">${string}</span>${colon}`);
    else
      parts.push(string === undefined ? html`<span class="n">${whole}</span>` : html`<span class="s">${string}</span>`);
    end = match.index + whole.length;
  }
  return block([...parts, html`${text.slice(end)}`]);
}

/** Lines of a shell. */
export function shell(text: string): Html {
  return block([html`${text}`]);
}

/** A text between single quotation marks of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function block(parts: readonly Html[]): Html {
  return html`<pre tabindex="0"><code>${parts}</code></pre>
`;
}

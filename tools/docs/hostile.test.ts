import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Contracts, loadContracts } from './contracts.ts';
import { escaped, html } from './html.ts';
import { inline, markdown } from './markdown.ts';
import { buildSite } from './site.ts';
import { decoded, readHtml } from './test/read-html.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><b onmouseover="alert(1)">',
  "' onfocus='alert(1)",
  '</code></pre></table><iframe src="https://evil.test"></iframe>',
  '<!-- ',
  '&lt;script&gt; &amp; & ',
  '[words](javascript:alert(1)) [more](JaVaScRiPt:alert(1)) [data](data:text/html,x) ![picture](javascript:alert(1))',
  '<javascript:alert(1)> <https://evil.test/"onclick="x>',
  '`code" onclick="x <i>`',
  '\n\n# <u>heading</u>\n\n| a | b |\n| - | - |\n| <s>x</s> | y |\n\n```html"><script>\n<script>x</script>\n```',
].join(' ');

/** The words of the contracts, each followed by what could break out of them; names and types stay, for links go by them. */
const WORDS = new Set([
  'description',
  'title',
  'summary',
  'cause',
  'cure',
  'when',
  'message',
  'pattern',
  'unit',
  'changelog',
]);

function poisoned<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (WORDS.has(key) ? `${value} ${HOSTILE}` : value) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item as unknown, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item as unknown, name)])) as T;
}

const contracts = await loadContracts(path.resolve(import.meta.dirname, '../..'));

function elementsOf(site: ReadonlyMap<string, string>) {
  return [...site].filter(([file]) => file.endsWith('.html')).flatMap(([, page]) => readHtml(page).elements);
}

describe('a contract that would break out of its page', () => {
  it('adds no element and no attribute that runs or loads anything', () => {
    const site = buildSite(poisoned(contracts));
    const plain = new Set(elementsOf(buildSite(contracts)).map(({ name }) => name));
    // What Markdown makes of the words, and nothing of HTML.
    const allowed = new Set([
      ...plain,
      'h4',
      'h5',
      'h6',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
      'pre',
      'code',
      'em',
      'strong',
    ]);
    for (const { name, attributes } of elementsOf(site)) {
      expect(allowed).toContain(name);
      for (const [attribute, value] of attributes) {
        expect(attribute).not.toMatch(/^on|^style$/);
        if (['href', 'src'].includes(attribute)) expect(value).not.toMatch(/^\s*(?:javascript|vbscript|data:(?!,$))/i);
      }
      if (name === 'script') expect(attributes.get('src')).toBe('search.js');
    }
    const scripts = (one: ReadonlyMap<string, string>) =>
      elementsOf(one).filter(({ name }) => name === 'script').length;
    expect(scripts(site)).toBe(scripts(buildSite(contracts)));
    expect(site.get('index.html')).toContain(escaped('<script>alert(1)</script>'));
  });

  it('may have any name', () => {
    const name = '"><script>alert(1)</script>';
    const odd: Contracts = {
      ...contracts,
      schemas: {
        ...contracts.schemas,
        [name]: { type: 'object', properties: { [name]: { enum: [name], const: name } }, examples: [{ [name]: name }] },
      },
      problems: { [name]: { status: 400, title: name, cause: name, cure: name } },
      jobErrors: { [name]: { title: name, cause: name, cure: name, retryable: true, jobType: null } },
      jobs: { [name]: { ...Object.values(contracts.jobs)[0], title: name } as Contracts['jobs'][string] },
      redis: {
        [name]: { kind: name, key: name, description: name, encoding: { [name]: name }, notify: name, ttl: name },
      },
      settings: [{ name, value: name }],
    };
    for (const { name: element, attributes } of elementsOf(buildSite(odd)))
      if (element === 'script') expect(attributes.get('src')).toBe('search.js');
  });
});

describe('html', () => {
  it('escapes what is put in, in whatever form it comes, and not what is HTML already', () => {
    const inner = html`<b title="${'"&<'}">${'<i>'}</b>`;
    expect(inner.text).toBe('<b title="&quot;&amp;&lt;">&lt;i&gt;</b>');
    expect(html`${[inner, '<', null, undefined, false, 1]}`.text).toBe(`${inner.text}&lt;1`);
    expect(decoded(escaped(`&lt;<>"'`))).toBe(`&lt;<>"'`);
  });
});

describe('markdown', () => {
  it('writes paragraphs, lists, code and links', () => {
    const text = 'One `GET /x` **two**.\n\n1. [first](#a)\n2. second';
    const linkOf = (code: string): string | undefined => (code === 'GET /x' ? 'rest.html#x' : undefined);
    expect(markdown(text, { linkOf }).text.replaceAll('\n', '')).toBe(
      '<p>One <a href="rest.html#x"><code>GET /x</code></a> <strong>two</strong>.</p><ol><li><a href="#a">first</a></li><li>second</li></ol>',
    );
  });

  it.each([
    ['<b>x</b>', '&lt;b&gt;x&lt;/b&gt;'],
    ['[x](javascript:alert(1))', 'x'],
    ['[x](java\tscript:alert(1))', '[x](java script:alert(1))'],
    // An address on this site, for the & is one.
    ['[x](&#106;avascript:alert(1))', '<a href="&amp;#106;avascript:alert(1)">x</a>'],
    ['[x](javascript:alert(1)//#/?)', 'x'],
    ['[x](<\u0001javascript:alert(1)>)', 'x'],
    ['[x](vbscript:y)', 'x'],
    ['[x](data:text/html,y)', 'x'],
    ['![x](y.png)', 'x'],
    ['[x](y.html "a\\"b")', '<a href="y.html">x</a>'],
    ['`a" b`', '<code>a&quot; b</code>'],
    ['https://example.com/"x', '<a href="https://example.com/&quot;x">https://example.com/&quot;x</a>'],
  ])('%s', (text, expected) => {
    expect(inline(text).text).toBe(expected);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Contracts } from './contracts.ts';
import { type Html, html } from './html.ts';
import { Page } from './page.ts';
import { type Chapter, indexPage } from './pages/index-page.ts';
import { jobsPage } from './pages/jobs-page.ts';
import { messagesPage } from './pages/messages-page.ts';
import { changelogPage, environmentPage, schemasPage } from './pages/other-pages.ts';
import { restPage } from './pages/rest-page.ts';
import { storesPage } from './pages/stores-page.ts';
import { linkOfCode } from './site-map.ts';

interface Written extends Chapter {
  readonly write: (page: Page) => Html;
}

const CHAPTERS: readonly Written[] = [
  {
    file: 'rest.html',
    title: 'REST',
    tells: 'Every operation: parameters, bodies, answers, examples',
    write: restPage,
  },
  { file: 'jobs.html', title: 'Job types', tells: 'What goes in, what comes out, how it is done', write: jobsPage },
  {
    file: 'messages.html',
    title: 'Topics and queues',
    tells: 'Kafka and RabbitMQ: channels, messages, headers',
    write: messagesPage,
  },
  { file: 'stores.html', title: 'Stores', tells: 'Redis keys, MongoDB collections, indexes', write: storesPage },
  { file: 'schemas.html', title: 'Types', tells: 'Every schema with its fields', write: schemasPage },
  { file: 'environment.html', title: 'Environment', tells: 'Variables and their defaults', write: environmentPage },
  { file: 'changelog.html', title: 'Changelog', tells: 'What changed from version to version', write: changelogPage },
];

const ASSETS = ['style.css', 'search.js'] as const;

/** The whole site: file name -> content. The same contracts give the same bytes. */
export function buildSite(contracts: Contracts): ReadonlyMap<string, string> {
  const links = linkOfCode(contracts);
  const index: Written = {
    file: 'index.html',
    title: 'Overview',
    tells: '',
    write: (page) => indexPage(page, CHAPTERS),
  };
  const written = [index, ...CHAPTERS].map((chapter) => {
    const page = new Page(chapter.file, chapter.title, contracts, links);
    const content = chapter.write(page);
    return { page, content };
  });
  const files = new Map(
    written.map(({ page, content }) => [
      page.file,
      layout(
        page,
        content,
        written.map((one) => one.page),
      ),
    ]),
  );
  for (const asset of ASSETS) files.set(asset, readFileSync(path.join(import.meta.dirname, 'assets', asset), 'utf8'));
  files.set('search-index.js', searchIndex(written.map(({ page }) => page)));
  return files;
}

/** What the search looks in: a file of its own, so that it is found where the site is opened from a folder too. */
function searchIndex(pages: readonly Page[]): string {
  const entries = pages.flatMap(({ file, title, headings }) => [
    [title, 'page', file],
    ...headings.map(({ id, text, kind }) => [text, kind === '' ? title : kind, `${file}#${id}`]),
  ]);
  const lines = entries.map((entry) => JSON.stringify(entry));
  return `export const INDEX = [\n${lines.join(',\n')},\n];\n`;
}

function layout(page: Page, content: Html, pages: readonly Page[]): string {
  const { openapi } = page.contracts;
  const { title: name, version } = openapi.info;
  const chapters = pages.map(({ file, title }) => {
    const current = file === page.file ? html` aria-current="page"` : '';
    return html`<li><a class="chapter" href="${file}"${current}>${title}</a></li>\n`;
  });
  const parts = page.headings
    .filter(({ level }) => level <= contentsDepth(page))
    .map(({ level, id, text }) => html`<li><a class="entry l${level}" href="#${id}">${text}</a></li>\n`);
  const contents = html`<nav class="contents" aria-label="On this page"><details open><summary>On this page</summary><ul>
${parts}</ul></details></nav>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · ${name} contracts ${version}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="search.js"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="brand" href="index.html">${name} <span>contracts ${version}</span></a>
<div id="search"></div>
</header>
<nav class="chapters" aria-label="Pages"><ul>
${chapters}</ul></nav>
<div class="body">
${parts.length === 0 ? html`<div></div>` : contents}
<main id="content" tabindex="-1">
<h1>${page.title}</h1>
${content}
</main>
</div>
<footer><p>Made of the contracts, version ${version}, with <code>npm run docs</code>.</p></footer>
</body>
</html>
`.text;
}

/** So deep the contents go; of many headings only the upper ones. */
function contentsDepth({ headings }: Page): number {
  return headings.length > 120 ? 2 : 3;
}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DOCS_PATH } from '@dtq/core/problem.ts';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { JOB_ERRORS, type JobErrorDefinition, PROBLEMS, type ProblemDefinition } from '@dtq/generated/errors.ts';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { lifecycleSection } from './docs-lifecycle.ts';
import { readSite } from './docs-site.ts';
import { DOCS_STYLE } from './docs-style.ts';
import { prose, table } from './docs-text.ts';

/** Where the readable documents are: the site of `npm run docs`, and where that has not been built, the same as TRY_PATH. */
/** Where requests can be tried out from a browser. */
export const TRY_PATH = '/docs/try';
const STYLE_PATH = '/docs/swagger-own.css';

const { method, path: route } = OPERATIONS.replayJobs;

function problemEntry([code, { status, title, cause, cure }]: [string, ProblemDefinition]): string {
  return `<h4 id="problem-${code}">${code} (${status})</h4>\n<p>${prose(title)}. ${prose(cause)} <em>${prose(cure)}</em></p>`;
}

function jobErrorRow([code, definition]: [string, JobErrorDefinition]): string[] {
  const { title, cause, cure, retryable, jobType } = definition;
  return [
    `<code id="job-error-${code}">${code}</code>`,
    `${prose(title)}. ${prose(cause)}`,
    prose(cure),
    retryable ? 'yes' : 'no',
    jobType === null ? 'all' : `<code>${jobType}</code>`,
  ];
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dtq API</title>
<link rel="icon" href="data:,">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<nav class="swagger-ui" aria-label="Parts of this page"><div class="wrapper"><p><a href="#docs">Operations</a> · <a href="#states">The states of a job</a> · <a href="#problems">Problems</a> · <a href="#job-errors">Errors of jobs</a></p></div></nav>
<div id="docs"></div>
<noscript>This page needs JavaScript; the same document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<section class="swagger-ui"><div class="wrapper">
${lifecycleSection()}
<h2 id="problems">Problems</h2>
<p>Every error is an RFC 9457 problem; its <code>type</code> leads here.</p>
${Object.entries(PROBLEMS).map(problemEntry).join('\n')}
<h2 id="job-errors">Errors of jobs</h2>
<p>A job that failed names one of these in its status and in its document. The worker makes another attempt by itself where that
may do better, as often as the type's policy says; what failed for good can be submitted again with <code>${method.toUpperCase()} ${route}</code>.</p>
${table('Errors of jobs', ['code', 'what happened', 'what to do', 'may do better later', 'job types'], Object.entries(JOB_ERRORS).map(jobErrorRow))}
</div></section>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
// "Authorize" takes a key, for as long as the page is open; the command that it shows beside an answer is copied and passed on.
const withoutKey = (request) => request.hasIn(['headers', 'Authorization']) ? request.setIn(['headers', 'Authorization'], 'Bearer $DTQ_API_KEY') : request;
const plugin = { wrapComponents: { curl: (Curl, { React }) => (props) => React.createElement(Curl, { ...props, request: withoutKey(props.request) }) } };
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, defaultModelsExpandDepth: 0, tryItOutEnabled: true, validatorUrl: null, persistAuthorization: false, plugins: [plugin] });
`;

const ASSETS = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

/**
 * GET /openapi.json, and the documents for people, with everything they need from this origin. `siteFolder` is where the site
 * of the contracts may have been built.
 */
export function docsRoutes(siteFolder?: string): Hono {
  const app = new Hono();
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const document = JSON.stringify(openapi);
  const site = readSite(siteFolder);
  app.get('/openapi.json', (c) =>
    c.body(document, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' }),
  );
  // The site's links are relative to its folder. A browser takes the #problem-CODE of a problem's type along.
  app.get(DOCS_PATH, (c) => (site.size === 0 ? c.html(PAGE) : c.redirect(`${DOCS_PATH}/`)));
  app.get(TRY_PATH, (c) => c.html(PAGE));
  app.get(STYLE_PATH, (c) => c.body(DOCS_STYLE, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.use(`${DOCS_PATH}/*`, etag());
  app.get('/docs/:asset{.*}', async (c, next) => {
    const name = c.req.param('asset') || 'index.html';
    const file = site.get(name);
    if (file !== undefined)
      return c.body(file.content, 200, { 'Content-Type': file.type, 'Cache-Control': 'no-cache' });
    const type = ASSETS.get(name);
    if (type === undefined) return next();
    return c.body(await readFile(path.join(folder, name)), 200, {
      'Content-Type': type,
      'Cache-Control': 'public, max-age=3600',
    });
  });
  return app;
}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { PROBLEMS, type ProblemDefinition } from '@dtq/generated/errors.ts';
import { Hono } from 'hono';

/** Where the readable document is. */
export const DOCS_PATH = '/docs';

// The texts are our own contract's, and may all the same hold what HTML reads as its own.
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function problemEntry([code, { status, title, cause, cure }]: [string, ProblemDefinition]): string {
  return `<h4 id="problem-${code}">${code} (${status})</h4>\n<p>${escaped(title)}. ${escaped(cause)} <em>${escaped(cure)}</em></p>`;
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dtq API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript; the same document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<section class="swagger-ui"><div class="wrapper">
<h2 id="problems">Problems</h2>
<p>Every error is an RFC 9457 problem; its <code>type</code> leads here.</p>
${Object.entries(PROBLEMS).map(problemEntry).join('\n')}
</div></section>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });
`;

const ASSETS = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

/** GET /openapi.json, and /docs: the same document as a page, with everything it needs from this origin. */
export function docsRoutes(): Hono {
  const app = new Hono();
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const document = JSON.stringify(openapi);
  app.get('/openapi.json', (c) =>
    c.body(document, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' }),
  );
  app.get(DOCS_PATH, (c) => c.html(PAGE));
  app.get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.get('/docs/:asset', async (c, next) => {
    const type = ASSETS.get(c.req.param('asset'));
    if (type === undefined) return next();
    return c.body(await readFile(path.join(folder, c.req.param('asset'))), 200, {
      'Content-Type': type,
      'Cache-Control': 'public, max-age=3600',
    });
  });
  return app;
}

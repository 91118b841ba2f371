import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

/** The addresses that the page itself leads to (web/src): each is the same document, which shows what the address says. */
const PLACES = ['/', '/jobs', '/jobs/:id', '/failures', '/dead-letters', '/dead-letters/:id', '/system'];

/** The built page, on the API's own origin. Files whose name has a hash never change; the page itself is asked for anew. */
export function pageRoutes(folder: string): Hono {
  const app = new Hono();
  const root = path.relative(process.cwd(), folder) || '.';
  if (!existsSync(path.join(folder, 'index.html'))) {
    app.on('GET', PLACES, (c) =>
      c.text('The page has not been built: run `npm run build`. The API is at /docs.\n', 503),
    );
    return app;
  }
  app.use('/assets/*', async (c, next) => {
    await next();
    if (c.res.status === 200) c.header('Cache-Control', 'public, max-age=31536000, immutable');
  });
  app.get('/assets/*', serveStatic({ root }));
  app.get('/:file{[a-z0-9.-]+\\.(?:svg|ico|png|txt|webmanifest)}', serveStatic({ root }));
  const page = serveStatic({ root, path: 'index.html', onFound: (_path, c) => c.header('Cache-Control', 'no-cache') });
  app.on('GET', PLACES, page);
  return app;
}

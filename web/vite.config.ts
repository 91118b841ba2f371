import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { defineConfig, type Plugin } from 'vite';
import solid from 'vite-plugin-solid';

const API = 'http://127.0.0.1:8080';

/** What belongs to the API: the first part of each route of the contract, and the documents. */
const API_PATHS = new Set([
  ...Object.values(OPERATIONS).map(({ path }) => `/${path.split('/')[1]}`),
  '/openapi.json',
  '/docs',
]);

/** The page is empty until its script has run, so it is painted then and not before, in the colours that its reader chose. */
const drawnOnce: Plugin = {
  name: 'dtq:drawn-once',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [solid(), drawnOnce],
  build: {
    target: 'es2022',
    sourcemap: false,
    // The polyfill is an inline concern of old browsers; every browser of the target has module preloading.
    modulePreload: { polyfill: false },
    // Data URLs would need more of the Content-Security-Policy than files of our own origin.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries([...API_PATHS].map((path) => [path, API])),
  },
});

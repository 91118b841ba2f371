import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DOCS_PATH } from '@dtq/core/problem.ts';

export interface Folders {
  /** Of the built page; undefined for a mock without one. */
  readonly pageFolder?: string | undefined;
  /** Of the built documentation; likewise. */
  readonly docsFolder?: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** What each page may do: what stands at its own origin, and nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The file of the page or of the documentation that a path asks for; undefined where there is none. */
export async function fileAt(
  request: Request,
  pathname: string,
  { pageFolder, docsFolder }: Folders,
): Promise<Response | undefined> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  // The links of the documentation are relative to its folder; the page of the API to try it out with is not here.
  const leadsTo = { [DOCS_PATH]: `${DOCS_PATH}/`, [`${DOCS_PATH}/try`]: `${DOCS_PATH}/rest.html` }[pathname];
  if (leadsTo !== undefined && docsFolder !== undefined)
    return new Response(null, { status: 302, headers: { Location: leadsTo } });
  if (pathname.startsWith(`${DOCS_PATH}/`)) return fileOf(docsFolder, pathname.slice(DOCS_PATH.length) || '/');
  const file = await fileOf(pageFolder, pathname);
  // Any other address that a browser opens may be one of the page's own, which shows what the address says.
  const isOpened = request.headers.get('accept')?.includes('text/html') ?? false;
  return file ?? (isOpened && path.extname(pathname) === '' ? fileOf(pageFolder, '/') : undefined);
}

async function fileOf(folder: string | undefined, pathname: string): Promise<Response | undefined> {
  const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  const type = TYPES[path.extname(name)];
  // The names of what is built have nothing that would have to be decoded, and never climb: URL has resolved every "..".
  if (folder === undefined || type === undefined || !/^[\w./-]+$/.test(name)) return undefined;
  try {
    const bytes = await readFile(path.join(folder, name));
    const headers = { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' };
    return new Response(new Uint8Array(bytes), { headers });
  } catch {
    return undefined;
  }
}

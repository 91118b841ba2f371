import { DOCS_PATH } from '@dtq/core/problem.ts';
import { Hono, type MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { TRY_PATH } from './docs.ts';

const NOTHING = ["'none'"];
const OWN = ["'self'"];

// What the page needs and no more: its own scripts and styles, and calls to its own origin.
const PAGE_POLICY = {
  defaultSrc: NOTHING,
  scriptSrc: OWN,
  styleSrc: OWN,
  imgSrc: ["'self'", 'data:'],
  fontSrc: OWN,
  connectSrc: OWN,
  baseUri: NOTHING,
  formAction: OWN,
  frameAncestors: NOTHING,
};

// Swagger UI writes style attributes and carries its pictures as data; its scripts are files of this origin all the same.
const DOCS_POLICY = { ...PAGE_POLICY, styleSrc: ["'self'", "'unsafe-inline'"], fontSrc: ["'self'", 'data:'] };

const page = secureHeaders({ contentSecurityPolicy: PAGE_POLICY });
const docs = secureHeaders({ contentSecurityPolicy: DOCS_POLICY });

const bare = await new Hono()
  .use(page)
  .all('*', (c) => c.body(null))
  .request('/');

/**
 * What the middleware adds to an answer of the API, asked of it once: an answer that is made with all its headers costs a
 * fraction of one to which they are added.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.fromEntries(bare.headers);

/** The security headers of every file, with the policy of the part of the site that it belongs to. */
export function securityHeaders(): MiddlewareHandler {
  // Where the site of the contracts is built, /docs only leads there.
  return (c, next) => ([DOCS_PATH, TRY_PATH].includes(c.req.path) ? docs(c, next) : page(c, next));
}

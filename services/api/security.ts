import { DOCS_PATH } from '@dtq/core/problem.ts';
import type { MiddlewareHandler } from 'hono';
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

/** The security headers of every answer, with the policy of the part of the site that it belongs to. */
export function securityHeaders(): MiddlewareHandler {
  const page = secureHeaders({ contentSecurityPolicy: PAGE_POLICY });
  const docs = secureHeaders({ contentSecurityPolicy: DOCS_POLICY });
  // Where the site of the contracts is built, /docs only leads there.
  return (c, next) => ([DOCS_PATH, TRY_PATH].includes(c.req.path) ? docs(c, next) : page(c, next));
}

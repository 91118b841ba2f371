/** A place of the page, as its address names it. */
export type Route =
  | { readonly view: 'submit' | 'jobs' | 'failures' | 'dead-letters' | 'system' }
  | { readonly view: 'job' | 'dead-letter'; readonly id: string }
  | { readonly view: 'lost' };

export type ViewName = Route['view'];

/** The addresses of the page. */
export const addressOf = {
  submit: '/',
  jobs: '/jobs',
  failures: '/failures',
  deadLetters: '/dead-letters',
  system: '/system',
  job: (jobId: string) => `/jobs/${encodeURIComponent(jobId)}`,
  deadLetter: (id: string) => `/dead-letters/${encodeURIComponent(id)}`,
} as const;

const SINGLE = { '/': 'submit', '/jobs': 'jobs', '/failures': 'failures', '/dead-letters': 'dead-letters' } as const;

/** The place that a path names; a slash at its end does not matter. */
export function routeOf(pathname: string): Route {
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  if (path === addressOf.system) return { view: 'system' };
  if (Object.hasOwn(SINGLE, path)) return { view: SINGLE[path as keyof typeof SINGLE] };
  const [, folder, part] = /^\/(jobs|dead-letters)\/([^/]+)$/.exec(path) ?? [];
  const id = part === undefined ? null : decoded(part);
  if (id === null) return { view: 'lost' };
  return { view: folder === 'jobs' ? 'job' : 'dead-letter', id };
}

/** Where an address of the page's first version (`#/jobs/ID`) leads now, or null. */
export function movedFrom(hash: string): string | null {
  const id = /^#\/jobs\/([\w-]+)$/.exec(hash)?.[1];
  return id === undefined ? null : addressOf.job(id);
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

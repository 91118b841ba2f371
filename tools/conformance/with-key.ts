import type { Fetch } from './http.ts';

/** Node's own fetch, with a key in each request where there is one. */
export function fetchWithKey(key: string | undefined): Fetch {
  return (request) => {
    if (key !== undefined) request.headers.set('authorization', `Bearer ${key}`);
    return globalThis.fetch(request);
  };
}

import type { HttpGet } from './http-get.ts';
import type { ProviderFetch } from './provider.ts';

/** The provider itself, over the network. */
export function liveFetch(provider: string, get: HttpGet): ProviderFetch {
  return async ({ url, headers, signal }) => ({ response: await get(url, { headers, signal }), provider });
}

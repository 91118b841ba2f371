import type { ProviderFetch } from './provider.ts';

/** The provider itself, over the network. Never follows a redirect: it could lead to an address that nobody chose. */
export function liveFetch(provider: string, fetch: typeof globalThis.fetch): ProviderFetch {
  return async ({ url, headers, signal }) => ({
    response: await fetch(url, { headers, signal, redirect: 'error' }),
    provider,
  });
}

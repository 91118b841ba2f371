import { createClient } from '@dtq/generated/rest/client.ts';
import { fetchWithKey } from './fetch-with-key.ts';

/** The generated client, on the origin that served the page, with its key where it wants one. */
export const client = createClient({ baseUrl: location.origin, fetch: fetchWithKey });

import { createClient } from '@dtq/generated/rest/client.ts';

/** The generated client, on the origin that served the page. */
export const client = createClient({ baseUrl: location.origin });

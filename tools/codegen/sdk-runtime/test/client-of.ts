import { createClient } from '../client.ts';
import type { ClientOptions } from '../options.ts';
import type { FakeApi } from './fake-api.ts';

/** A client of an API that is played. */
export function clientOf(api: FakeApi, options: Partial<ClientOptions> = {}) {
  return createClient({ baseUrl: 'http://dtq.test', fetch: api.fetch, ...options });
}

import type { ProviderResponse } from '../provider.ts';
import { readBody } from '../read-body.ts';

/** The body of an answer as text. */
export async function textOf(response: ProviderResponse): Promise<string> {
  return new TextDecoder().decode(await readBody(response, 1_000_000));
}

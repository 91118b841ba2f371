import { untrack } from 'solid-js';
import { heldKey, noteRefusal } from '../key/held-key.ts';

/** The browser's fetch, with the key in use as RFC 6750 has it; notes where the API wants a key, or another one. */
export async function fetchWithKey(request: Request): Promise<Response> {
  // A key that is only tried says nothing of the one in use.
  if (request.headers.has('authorization')) return await fetch(request);
  const key = untrack(heldKey)?.text ?? null;
  if (key !== null) request.headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(request);
  // A 401 of something in front of the API is no problem document, and no key of ours would help.
  if (response.status === 401 && response.headers.get('content-type')?.startsWith('application/problem+json'))
    noteRefusal(key);
  return response;
}

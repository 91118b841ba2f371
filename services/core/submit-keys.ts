import type { SubmitRecord } from '@dtq/generated/schemas/types.ts';

/** A request that is being answered longer than this has lost whoever answered it; in milliseconds. Above every REQUEST_TIMEOUT in use. */
export const IN_FLIGHT_MS = 30_000;

/**
 * Whether a record may take the place of the one that stands there: nothing does, or one of the same request whose outcome is
 * not known, because it says so or because whoever answered it has been gone for too long.
 */
export function mayClaim(there: SubmitRecord | null, record: SubmitRecord): boolean {
  if (there === null) return true;
  if (there.fingerprint !== record.fingerprint) return false;
  if (there.state === 'unknown') return true;
  return there.state === 'in_flight' && Date.parse(record.at) - Date.parse(there.at) > IN_FLIGHT_MS;
}

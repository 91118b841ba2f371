import { createHash, createHmac } from 'node:crypto';

/** What an Idempotency-Key determines (architecture.md, decision 12). */
export interface SubmitId {
  /** Of the job that is made with the key, however often: a UUID version 4 in form. */
  readonly job_id: string;
  /** Under which its record stands (SubmitKeys): hex, and neither caller nor key can be read from it. */
  readonly recordKey: string;
}

/** The id of a caller's key. `secret` keeps anybody from computing the ids of keys that he only guesses. */
export function submitIdOf(secret: string, caller: string, key: string): SubmitId {
  // No key has a line break, so that no other caller and key make the same text.
  const mac = createHmac('sha256', secret).update(`${caller}\n${key}`).digest();
  return { job_id: uuidOf(mac), recordKey: mac.toString('hex') };
}

/** The first 16 bytes as a UUID version 4 in form: the version in octet 6, the variant in octet 8 (RFC 9562, section 5.4). */
export function uuidOf(bytes: Uint8Array): string {
  const own = Buffer.from(bytes.subarray(0, 16));
  own.writeUInt8((own.readUInt8(6) & 0x0f) | 0x40, 6);
  own.writeUInt8((own.readUInt8(8) & 0x3f) | 0x80, 8);
  return own.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** SHA-256 of the canonical JSON of a body, in hex: two bodies that mean the same have the same. */
export function fingerprintOf(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('hex');
}

/** JSON with the keys of every object in order and without spaces. Of two values that mean the same it is the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}

/** A number from 0 up to (not including) `below` that depends on the text alone (FNV-1a, 32 bits). */
export function hashOf(text: string, below: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // Spreads the last characters over all bits; without it names that end alike lie close together.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) % below;
}

/** A name as the sandbox compares it: without case, accents and space around it. */
export function plain(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').trim().toLowerCase();
}

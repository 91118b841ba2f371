import { isIP } from 'node:net';

// Who a client is where no key says it. A proxy adds the address that it was asked from to X-Forwarded-For; what stands before
// the entries of proxies that are trusted was written by anybody, and so counts for nothing.

const LONGEST = 64;

/**
 * The address of the client: that of the connection, or, behind `trustedProxies` proxies, the entry that the outermost of them
 * has added. Of IPv6 the first 64 bits, which is what one client has (RFC 6177).
 */
export function clientAddress(
  connection: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string {
  const forwarded = trustedProxies === 0 || forwardedFor === undefined ? [] : forwardedFor.split(',');
  const address = forwarded.at(-trustedProxies)?.trim() ?? connection ?? '';
  return networkOf(withoutPort(address)).slice(0, LONGEST);
}

function withoutPort(address: string): string {
  if (isIP(address) !== 0) return address;
  const match = /^\[(?<six>[^\]]*)\](?::\d+)?$|^(?<four>[\d.]+):\d+$/.exec(address);
  return match?.groups?.['six'] ?? match?.groups?.['four'] ?? address;
}

function networkOf(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%');
  const mapped = /^::ffff:(?<four>\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.groups?.['four'];
  if (mapped !== undefined) return mapped;
  if (isIP(bare) !== 6) return bare;
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length - (bare.includes('.') ? 1 : 0);
  const groups = [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

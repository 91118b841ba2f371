import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { cut } from './cut.ts';

/** The contract's bound is 128 (specs/schemas/JobAttempt.json); the rest is for the role, the process and the random part. */
const LONGEST_HOST = 100;

/**
 * Who makes an attempt, or holds a lease, in at most 128 characters: host, process and a random part, for process ids come
 * again, most of all in containers.
 */
export function processName(): string {
  return `${cut(hostname(), LONGEST_HOST) || 'dtq'}-${process.pid}-${randomBytes(3).toString('hex')}`;
}

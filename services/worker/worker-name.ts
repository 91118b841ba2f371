import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** The contract's bound is 128 (specs/schemas/JobAttempt.json); the rest is for the process and the random part. */
const LONGEST_HOST = 100;

/** Who makes an attempt: host, process and a random part, for process ids come again, most of all in containers. */
export function workerName(): string {
  return `${hostname().slice(0, LONGEST_HOST) || 'worker'}-${process.pid}-${randomBytes(3).toString('hex')}`;
}

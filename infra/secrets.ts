import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfraError } from './errors.ts';

/** One random password for each server that takes one. */
export interface Secrets {
  readonly rabbitmq: string;
  readonly redis: string;
  readonly mongodb: string;
  readonly postgres: string;
}

const NAMES = ['rabbitmq', 'redis', 'mongodb', 'postgres'] as const;

/** The passwords of a folder, or undefined before the first `up`.
 *
 * @throws InfraError when the file is there but unreadable or incomplete. */
export function readSecrets(dir: string): Secrets | undefined {
  const path = join(dir, 'secrets.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new InfraError(`${path} cannot be read: it belongs to the user who first ran infra:up`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isSecrets(value)) return value;
  } catch {
    // Falls through to the one message that both ways of being broken share.
  }
  throw new InfraError(`${path} is broken: run infra:down -- --volumes and start anew`);
}

/** The passwords of a folder, made at random (192 bits each) and kept with mode 0600 the first time. */
export function ensureSecrets(dir: string): Secrets {
  const known = readSecrets(dir);
  if (known !== undefined) return known;
  // Base64url needs no escaping in a URL, a shell, a configuration file or an ACL rule.
  const password = (): string => randomBytes(24).toString('base64url');
  const secrets = { rabbitmq: password(), redis: password(), mongodb: password(), postgres: password() };
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  writeFileSync(join(dir, 'secrets.json'), `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

function isSecrets(value: unknown): value is Secrets {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return NAMES.every((name) => typeof fields[name] === 'string' && fields[name] !== '');
}

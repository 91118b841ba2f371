import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfraError } from './errors.ts';
import type { Ports } from './stack.ts';

/** What speaks the MongoDB wire protocol in this stack. */
export type MongoKind = 'mongo' | 'ferretdb' | 'secantus';

/** What `up` decided for a folder; later commands follow it so that they find the same servers and the same data. */
export interface StackRecord {
  readonly road: 'native' | 'compose';
  readonly ports: Ports;
  readonly mongodb: MongoKind;
  /** True when the second MongoDB wire runs beside the first. */
  readonly withSecantus: boolean;
}

/** The record of a folder, or undefined where `up` has never run.
 *
 * @throws InfraError when the file is there and is not readable as a record. */
export function readRecord(dir: string): StackRecord | undefined {
  const path = join(dir, 'stack.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Falls through to the one message that both ways of being unreadable share.
  }
  throw new InfraError(`${path} is not a stack record: remove it and run infra:up again`);
}

/** Writes the record of a folder, making the folder (for its owner and, by name only, for passing through). */
export function writeRecord(dir: string, record: StackRecord): void {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  writeFileSync(join(dir, 'stack.json'), `${JSON.stringify(record, null, 2)}\n`);
}

function isRecord(value: unknown): value is StackRecord {
  return typeof value === 'object' && value !== null && 'road' in value && 'ports' in value && 'mongodb' in value;
}

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Example {
  readonly language: string;
  /** What it speaks to beside the API: kafka or amqp. */
  readonly peer: string | undefined;
  readonly code: string;
}

export const readme = readFileSync(path.resolve(import.meta.dirname, '../../generated/sdk/README.md'), 'utf8');

/** Every block of code of the SDK's README. */
export const examples: readonly Example[] = [...readme.matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', peer, code = '']) => ({ language, peer, code }),
);

/** The packages that such an example needs. */
export const PEERS: Readonly<Record<string, string>> = { kafka: 'kafkajs', amqp: 'rabbitmq-client' };

/** A text with one of its parts replaced, which must be there once. */
export function replaced(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} is not there once:\n${text}`);
  return text.replace(from, () => to);
}

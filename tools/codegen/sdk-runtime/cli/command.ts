import type { Client } from '../client.ts';
import { UsageError } from './exit-codes.ts';
import { type Options, timeOf, type Values } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly client: Client;
  readonly values: Values;
  /** What stood on the line beside options. */
  readonly rest: readonly string[];
  readonly terminal: Terminal;
  /** Signal and time of the whole command, for each call. */
  readonly limits: { readonly signal: AbortSignal; readonly timeoutMs: number | undefined };
}

export interface Command {
  /** What stands behind the name. */
  readonly usage: string;
  readonly summary: string;
  readonly options: Options;
  /** What may come next behind these words; options are known already. */
  readonly suggest?: (words: readonly string[]) => Promise<readonly string[]> | readonly string[];
  /** Resolves to the exit code. */
  readonly run: (context: Context) => Promise<number>;
}

/** Whether the result is to be JSON. */
export function isJson(values: Values): boolean {
  return values['json'] === true;
}

/** Writes a result: as JSON where that was asked for, else in words. */
export function write({ values, terminal }: Context, result: unknown, words: () => string): void {
  terminal.out(isJson(values) ? JSON.stringify(result, null, 2) : words());
}

/** The one word that a command takes. Throws UsageError. */
export function onlyWord(rest: readonly string[], what: string): string {
  const [word] = rest;
  if (word === undefined || word === '' || rest.length > 1) throw new UsageError(`it takes ${what}, and nothing else`);
  return word;
}

/** Throws UsageError where a command that takes no words was given some. */
export function noWords(rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`${JSON.stringify(rest[0])} means nothing here`);
}

export function limitsOf(values: Values, signal: AbortSignal): Context['limits'] {
  return { signal, timeoutMs: timeOf(values, 'timeout') };
}

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Client, createClient } from '../client.ts';
import { KeyNotRead, readApiKey } from './api-key.ts';
import { UsageError } from './exit-codes.ts';

/** An option of the command line. */
export interface Option {
  /** What stands behind it; undefined for one that is on or off. */
  readonly value?: string;
  readonly short?: string;
  readonly many?: boolean;
  readonly text: string;
  /** The values that there are, where they are few. */
  readonly choices?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

/** Values as they were written: a text, several, or whether it is on. */
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Every command takes these. */
export const COMMON: Options = {
  url: { value: 'URL', short: 'u', text: `where dtq is; DTQ_URL where it is left out, else ${DEFAULT_URL}` },
  timeout: { value: 'TIME', short: 't', text: 'the time that the whole command has, such as 500ms, 30s, 5m' },
  json: { short: 'j', text: 'write JSON; what goes on, a line for each' },
  'key-file': {
    value: 'FILE',
    text: 'the key that the API wants, in a file; DTQ_API_KEY where it is left out. Never on the line, which others can read',
  },
  header: {
    value: 'NAME:VALUE',
    many: true,
    text: 'a header for each request; DTQ_HEADER for one that nobody should see',
  },
  help: { short: 'h', text: 'help on the command' },
};

/** Takes a command line apart. Throws UsageError for an option that there is not. */
export function readWords(words: readonly string[], options: Options): { values: Values; rest: string[] } {
  const config: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(
    Object.entries({ ...COMMON, ...options }).map(([name, { value, short, many }]) => [
      name,
      {
        type: value === undefined ? 'boolean' : 'string',
        ...(short === undefined ? {} : { short }),
        ...(many === true ? { multiple: true } : {}),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: config, allowPositionals: true });
    for (const [name, { choices }] of Object.entries(options)) {
      const value = values[name];
      if (choices !== undefined && typeof value === 'string' && !choices.includes(value))
        throw new UsageError(`--${name} takes ${choices.join(', ')}, not ${JSON.stringify(value)}`);
    }
    return { values, rest: positionals };
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message.split('. ')[0] ?? error.message);
    throw error;
  }
}

/** The text behind an option; undefined where it was left out. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a time such as 30s; undefined where it was left out. Throws UsageError. */
export function timeOf(values: Values, name: string): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const [, number, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (!(ms > 0)) throw new UsageError(`--${name} takes a time such as 500ms, 30s or 5m, not ${JSON.stringify(text)}`);
  return ms;
}

/** A whole number behind an option; undefined where it was left out. Throws UsageError. */
export function numberOf(values: Values, name: string): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`--${name} takes a whole number from 1, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** A moment behind an option: RFC 3339, or a time ago such as 2h. Throws UsageError. */
export function sinceOf(values: Values, name: string, now = Date.now()): Date | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const [, number, unit = ''] = /^(\d+)(s|m|h|d)$/.exec(text) ?? [];
  const date = number === undefined ? new Date(text) : new Date(now - Number(number) * (UNITS[unit] ?? 0));
  if (Number.isNaN(date.getTime()))
    throw new UsageError(
      `--${name} takes a moment such as 2026-02-14T15:00:00Z, or a time ago such as 2h, not ${JSON.stringify(text)}`,
    );
  return date;
}

/** The client that a command line asks for. Throws UsageError. */
export function clientOf(values: Values, environment: NodeJS.ProcessEnv): Client {
  const baseUrl = textOf(values, 'url') ?? (environment['DTQ_URL'] || DEFAULT_URL);
  const shown = headersOf([values['header'] ?? []].flat());
  if (Object.keys(shown).some((name) => name.toLowerCase() === 'authorization'))
    throw new UsageError(
      'others can read what stands on the line: put a key into --key-file, DTQ_API_KEY or DTQ_HEADER',
    );
  const headers = { ...headersOf([environment['DTQ_HEADER'] ?? '']), ...shown };
  const apiKey = keyOf(values, environment);
  try {
    return createClient({ baseUrl, headers, apiKey });
  } catch (error) {
    throw new UsageError(`--url: ${(error as Error).message}`);
  }
}

function headersOf(given: readonly (string | boolean)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given
      .filter((text) => text !== '')
      .map((text) => {
        const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(String(text)) ?? [];
        // Not shown: it may be a secret.
        if (name === undefined || value === undefined) throw new UsageError('a header is NAME:VALUE');
        return [name, value];
      }),
  );
}

function keyOf(values: Values, environment: NodeJS.ProcessEnv): string | undefined {
  try {
    return readApiKey(textOf(values, 'key-file'), environment);
  } catch (error) {
    if (error instanceof KeyNotRead) throw new UsageError(error.message);
    throw error;
  }
}

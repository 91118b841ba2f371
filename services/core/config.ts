import { ConfigError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads typed values from the environment and gathers every fault, so that a start names all of them at once. An empty
 * value counts as unset.
 */
export class ConfigReader {
  readonly #environment: Environment;
  readonly #faults: string[] = [];
  readonly #settings = new Map<string, Setting>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string, fallback: string): string {
    this.#note(name, fallback);
    return this.raw(name) ?? fallback;
  }

  /** Everything that was asked for so far, with its effective value as text; secrets are hidden. Sorted by name. */
  settings(): readonly Setting[] {
    return [...this.#settings.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What must not be shown of what was asked for so far: whole values, and the secret parts of others. */
  secrets(): readonly string[] {
    return [...this.#settings.keys()].flatMap((name) => secretsOf(name, this.#environment[name]?.trim() ?? ''));
  }

  /** One of a closed list. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    return this.#read(name, fallback, `one of ${choices.join(', ')}`, (text) =>
      choices.find((choice) => choice === text),
    );
  }

  /** A whole number within bounds, both included. */
  integer(name: string, fallback: number, minimum: number, maximum: number): number {
    return this.#read(name, fallback, `a whole number from ${minimum} to ${maximum}`, (text) => {
      const value = Number(text);
      return /^\d{1,15}$/.test(text) && value >= minimum && value <= maximum ? value : undefined;
    });
  }

  /** A duration such as 500ms, 5s, 2m or 24h, as milliseconds. What no timer waits for may be given a longer maximum. */
  duration(name: string, fallback: string, maximumMs = LONGEST_TIMER_MS): number {
    // None at all is for those alone whose default it is.
    const parse = (text: string): number | undefined => {
      const value = text === '0s' && fallback === text ? 0 : parseDuration(text);
      return value !== undefined && value <= maximumMs ? value : undefined;
    };
    const takes = `a duration such as 500ms, 5s or 24h, at most ${Math.floor(maximumMs / 3_600_000)}h`;
    return this.#read(name, parseDuration(fallback) ?? 0, takes, parse, fallback);
  }

  /** host:port, with the host left out for every address. */
  address(name: string, fallback: string): Address {
    const read = (text: string): Address | undefined => {
      const match = /^(?<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]*):(?<port>\d{1,5})$/.exec(text);
      const port = Number(match?.groups?.['port']);
      return match === null || port > 65_535
        ? undefined
        : { host: (match.groups?.['host'] ?? '').replace(/^\[|\]$/g, ''), port };
    };
    return this.#read(name, read(fallback) as Address, 'host:port, such as 127.0.0.1:8080 or :8080', read, fallback);
  }

  /** An absolute http or https address. */
  url(name: string, fallback: string): string {
    return this.#read(name, fallback, 'an http or https URL', (text) =>
      /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined,
    );
  }

  /** A comma-separated list drawn from a closed list. */
  list<T extends string>(name: string, choices: readonly T[], fallback: readonly T[]): readonly T[] {
    return this.#read(name, fallback, `a comma-separated list of ${choices.join(', ')}`, (text) => {
      const items = text.split(',').map((item) => choices.find((choice) => choice === item.trim()));
      return items.every((item) => item !== undefined) ? items : undefined;
    });
  }

  /** The text of a variable, or undefined where it is unset or empty. */
  raw(name: string): string | undefined {
    this.#note(name, '');
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** A fault of a value that no reader above finds, or of several together. */
  fault(name: string, takes: string): void {
    this.#faults.push(`${name}=${JSON.stringify(masked(name, this.raw(name) ?? ''))} is not valid: it takes ${takes}`);
  }

  /** Throws ConfigError where anything was wrong. To be called once all is read. */
  finish(): void {
    if (this.#faults.length > 0) throw new ConfigError(this.#faults);
  }

  #note(name: string, fallback: string): void {
    const text = this.#environment[name]?.trim() ?? '';
    const known = this.#settings.get(name);
    // Whoever asks first may not know the default; whoever does, says it.
    if (known !== undefined && (known.value !== '' || fallback === '')) return;
    this.#settings.set(name, { name, value: masked(name, text === '' ? fallback : text), isDefault: text === '' });
  }

  #read<T>(
    name: string,
    fallback: T,
    takes: string,
    parse: (text: string) => T | undefined,
    shown = String(fallback),
  ): T {
    this.#note(name, shown);
    const text = this.raw(name);
    if (text === undefined) return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    this.fault(name, takes);
    return fallback;
  }
}

/** Node runs a timer of more than 2^31-1 ms at once; the rest is room for what is added to a setting. */
const LONGEST_TIMER_MS = 23 * 24 * 3_600_000;

export interface Setting {
  readonly name: string;
  /** The effective value as text, empty for none. */
  readonly value: string;
  readonly isDefault: boolean;
}

export interface Address {
  /** Empty for every address. */
  readonly host: string;
  readonly port: number;
}

/** "500ms", "5s", "2m", "24h" -> milliseconds; undefined for anything else, for nothing, and for more than a year. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return value > 0 && value <= 31_536_000_000 ? value : undefined;
}

/** A value that may be shown: the password of a URL, what its query names as a secret, and the whole of a variable that is named for a secret, are hidden. */
export function masked(name: string, value: string): string {
  if (isSecret(name)) return value === '' ? '' : '***';
  return value.replace(URL_PASSWORD, '$1***@').replace(QUERY_SECRET, '$1***');
}

const URL_PASSWORD = /(\/\/[^/@\s:]*:)[^/@\s]*@/g;
const QUERY_SECRET = /([?&][^=&#\s]*(?:key|token|secret|pass|sig|auth)[^=&#\s]*=)[^&#\s]*/gi;

function isSecret(name: string): boolean {
  return /PASSWORD|SECRET|TOKEN|_KEYS?$|_HEADERS$/.test(name);
}

/** Shorter ones are no secrets, and may stand in any word. */
const SHORTEST_HIDDEN = 5;

function secretsOf(name: string, value: string): string[] {
  // Of a list of name=value pairs, the values.
  const whole = isSecret(name) ? [value, ...value.split(',').map((pair) => pair.replace(/^[^=]*=\s*/, ''))] : [];
  const parts = [URL_PASSWORD, QUERY_SECRET].flatMap((pattern) =>
    [...value.matchAll(pattern)].map(([all, before = '']) => all.slice(before.length).replace(/@$/, '')),
  );
  const found = [...whole, ...parts].filter((secret) => secret.length >= SHORTEST_HIDDEN);
  return [...new Set(found.flatMap((secret) => [secret, decodeURIComponentSafely(secret)]))];
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from '@dtq/core/log.ts';
import { API_ROLE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { ApiRole } from '@dtq/generated/schemas/types.ts';

// The keys that the API takes. A file has a line for each: name, roles, salt, hash. The key itself stands nowhere; it is
// 256 random bits behind the name, and so its hash need not be slow: there is nothing to guess. Two lines of one name are two
// keys of one caller, which is how a key is changed without a gap.
//
//   billing submit,read 1f0c…  9ab2…
//
// The name in the key finds its line, so that a request costs one hash, however many keys there are.

const KEY = /^dtq_(?<name>[a-z0-9][a-z0-9-]{0,31})_[A-Za-z0-9_-]{43}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const LINE = /^(?<name>\S+)\s+(?<roles>\S+)\s+(?<salt>[0-9a-f]{32})\s+(?<hash>[0-9a-f]{64})$/;
const SECRET_BYTES = 32;
const SALT_BYTES = 16;

/** How often the file is looked at, in milliseconds: the links of mounted secrets are swapped, which no watch tells of. */
const LOOK_EVERY_MS = 2000;

/** Whose key it is, and what it may do. */
export interface KeyHolder {
  readonly name: string;
  readonly roles: ReadonlySet<ApiRole>;
}

interface StoredKey extends KeyHolder {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** A file of keys cannot be used; the message says which line, and what it takes, and nothing of what stands there. */
export class KeyFileError extends Error {
  override name = 'KeyFileError';
}

/** The keys of a file. */
export class ApiKeys {
  readonly file: string;
  #keys: ReadonlyMap<string, readonly StoredKey[]>;
  #text: string;

  /** Reads the file. Throws KeyFileError. */
  constructor(file: string) {
    this.file = file;
    this.#text = readText(file);
    this.#keys = readKeys(this.#text);
  }

  /** Whose a key is; null for one that nobody has. Takes as long for a wrong one as for a right one. */
  find(key: string): KeyHolder | null {
    const stored = this.#keys.get(KEY.exec(key)?.groups?.['name'] ?? '') ?? [NOBODY];
    let found: StoredKey | null = null;
    for (const one of stored) if (timingSafeEqual(hashOf(key, one.salt), one.hash) && one !== NOBODY) found = one;
    return found;
  }

  /** Takes up what the file says whenever it changes, until the returned function is called. A file with a fault changes nothing. */
  watch(log: Logger): () => void {
    let fault = '';
    const look = (): void => {
      try {
        const text = readText(this.file);
        if (text === this.#text) return;
        this.#keys = readKeys(text);
        this.#text = text;
        fault = '';
        log.info({ audit: true, callers: [...this.#keys.keys()] }, 'the keys were read anew');
      } catch (error) {
        if (!(error instanceof KeyFileError)) throw error;
        if (error.message !== fault)
          log.error({ err: error }, 'the keys cannot be read anew; those of before still count');
        fault = error.message;
      }
    };
    const timer = setInterval(look, LOOK_EVERY_MS).unref();
    return () => clearInterval(timer);
  }
}

const NOBODY: StoredKey = {
  name: '',
  roles: new Set(),
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(SECRET_BYTES),
};

/** A new key, and the line of the file that lets it in. Throws KeyFileError for a name or a role that cannot be. */
export function makeKey(name: string, roles: readonly string[]): { readonly key: string; readonly line: string } {
  if (!NAME.test(name))
    throw new KeyFileError(`${JSON.stringify(name)} is no name of a caller: it takes ${NAME.source}, such as billing`);
  readRoles(roles.join(','), 'the key');
  const key = `dtq_${name}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const salt = randomBytes(SALT_BYTES);
  return { key, line: `${name} ${roles.join(',')} ${salt.toString('hex')} ${hashOf(key, salt).toString('hex')}` };
}

function hashOf(key: string, salt: Buffer): Buffer {
  return createHmac('sha256', salt).update(key).digest();
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KeyFileError(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`);
  }
}

function readKeys(text: string): ReadonlyMap<string, readonly StoredKey[]> {
  const keys = text.split('\n').flatMap((line, index) => {
    const content = line.replace(/#.*$/, '').trim();
    return content === '' ? [] : [readLine(content, `line ${index + 1}`)];
  });
  // No key at all would lock everybody out, or, were it read as none wanted, let everybody in.
  if (keys.length === 0) throw new KeyFileError('the file has no key');
  return Map.groupBy(keys, ({ name }) => name);
}

function readLine(text: string, where: string): StoredKey {
  const { name = '', roles = '', salt = '', hash = '' } = LINE.exec(text)?.groups ?? {};
  if (!NAME.test(name))
    throw new KeyFileError(`${where} is none that \`npm run keys:make\` writes: NAME ROLE,ROLE SALT HASH`);
  return {
    name,
    roles: new Set(readRoles(roles, where)),
    salt: Buffer.from(salt, 'hex'),
    hash: Buffer.from(hash, 'hex'),
  };
}

function readRoles(text: string, where: string): ApiRole[] {
  return text.split(',').map((word) => {
    const role = API_ROLE_VALUES.find((one) => one === word);
    if (role !== undefined) return role;
    throw new KeyFileError(`${where} has the role ${JSON.stringify(word)}; known: ${API_ROLE_VALUES.join(', ')}`);
  });
}

import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiKeys, KeyFileError, makeKey } from './api-keys.ts';
import { readApiConfig } from './config.ts';

function fileOf(text: string): string {
  const file = path.join(freshFolder(), 'keys');
  writeFileSync(file, text);
  return file;
}

const billing = makeKey('billing', ['submit', 'read']);
const night = makeKey('night-shift', ['operate']);

describe('a file of keys', () => {
  it('knows each key, whose it is and what it may do, and no other', () => {
    const keys = new ApiKeys(fileOf(`# ours\n\n${billing.line}\n${night.line} # until March\n`));
    expect(keys.find(billing.key)).toMatchObject({ name: 'billing', roles: new Set(['submit', 'read']) });
    expect(keys.find(night.key)).toMatchObject({ name: 'night-shift', roles: new Set(['operate']) });
    const others = [
      makeKey('billing', ['submit']).key,
      makeKey('stranger', ['submit']).key,
      billing.key.slice(0, -1),
      `${billing.key}x`,
      billing.key.replace('billing', 'night-shift'),
      `dtq__${'A'.repeat(43)}`,
      '',
    ];
    for (const other of others) expect(keys.find(other), other).toBeNull();
  });

  it('may have two keys of one caller, so that one can be changed without a gap', () => {
    const next = makeKey('billing', ['read']);
    const keys = new ApiKeys(fileOf(`${billing.line}\n${next.line}\n`));
    expect([keys.find(billing.key)?.roles.has('submit'), keys.find(next.key)?.roles.has('submit')]).toEqual([
      true,
      false,
    ]);
  });

  it('has nothing in it from which a key can be read, and no two lines are alike', () => {
    const [, secret] = billing.key.split('dtq_billing_');
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(billing.line).not.toContain(secret);
    expect(makeKey('billing', ['submit', 'read']).line).not.toBe(billing.line);
  });

  it.each([
    ['no key', '# none yet\n', 'the file has no key'],
    [
      'a role that there is not',
      billing.line.replace('read', 'admin'),
      'line 1 has the role "admin"; known: submit, read, operate',
    ],
    ['a key itself', billing.key, 'line 1 is none that `npm run keys:make` writes: NAME ROLE,ROLE SALT HASH'],
    [
      'half a line',
      `${night.line}\n${billing.line.slice(0, 60)}`,
      'line 2 is none that `npm run keys:make` writes: NAME ROLE,ROLE SALT HASH',
    ],
  ])('is refused with %s, and what stands there is not said', (_what, text, message) => {
    expect(() => new ApiKeys(fileOf(text))).toThrow(new KeyFileError(message));
  });

  it('is read anew when it changes, and goes on counting where that cannot be', async () => {
    const file = fileOf(`${billing.line}\n`);
    const keys = new ApiKeys(file);
    const lines: string[] = [];
    const log = silentLogger();
    log.error = (_fields: object, message?: string) => void lines.push(String(message));
    onTestFinished(keys.watch(log));
    // A mounted secret is swapped, not written.
    const next = path.join(path.dirname(file), 'next');
    writeFileSync(next, `${night.line}\n`);
    renameSync(next, file);
    await eventually('the new key counts', () => keys.find(night.key) !== null);
    expect(keys.find(billing.key)).toBeNull();
    writeFileSync(file, 'spoiled\n');
    await eventually('it is said', () => lines.length > 0);
    expect(lines).toEqual(['the keys cannot be read anew; those of before still count']);
    expect(keys.find(night.key)?.name).toBe('night-shift');
  });
});

describe('the configuration', () => {
  const read = (environment: Record<string, string>) => {
    const reader = new ConfigReader(environment);
    const config = readApiConfig(reader);
    reader.finish();
    return config;
  };

  it('listens on this machine alone without keys, and on every address with them, and obeys what is said', () => {
    const API_KEYS_FILE = fileOf(billing.line);
    expect(read({})).toMatchObject({ keys: null, address: { host: '127.0.0.1', port: 8080 } });
    expect(read({ API_KEYS_FILE })).toMatchObject({ address: { host: '', port: 8080 } });
    expect(read({ API_KEYS_FILE, API_ADDR: '127.0.0.1:9' })).toMatchObject({ address: { host: '127.0.0.1', port: 9 } });
    expect(read({ API_ADDR: ':9' })).toMatchObject({ keys: null, address: { host: '', port: 9 } });
  });

  it('limits clients of other machines where nothing is said, and those of this one where it is', () => {
    expect(read({})).toMatchObject({ rateLimit: 0, maxConnectionsPerAddress: 0 });
    expect(read({ API_ADDR: ':0' })).toMatchObject({ rateLimit: 200, rateBurst: 400, maxConnectionsPerAddress: 1000 });
    expect(read({ API_ADDR: ':0', API_TRUSTED_PROXIES: '1' })).toMatchObject({ maxConnectionsPerAddress: 0 });
    expect(read({ API_RATE_LIMIT: '5' })).toMatchObject({ rateLimit: 5, rateBurst: 10 });
  });

  it('names a file that cannot be used, and an origin that is none', () => {
    expect(() => read({ API_KEYS_FILE: '/nowhere' })).toThrow(
      'API_KEYS_FILE="/nowhere" is not valid: it takes a file of keys, a line for each, as `npm run keys:make` writes it: the file cannot be read (ENOENT)',
    );
    for (const origin of ['*', 'https://a.example/', 'a.example', 'https://a.example,null', 'file:///x'])
      expect(() => read({ API_CORS_ORIGINS: origin }), origin).toThrow(
        /^API_CORS_ORIGINS=.* takes a comma-separated list/,
      );
    expect(read({ API_CORS_ORIGINS: 'https://a.example, http://b.example:81' }).corsOrigins).toEqual([
      'https://a.example',
      'http://b.example:81',
    ]);
  });
});

describe('npm run keys:make', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(import.meta.dirname, 'make-key.ts'), ...args], { encoding: 'utf8' });

  it('adds a line to a file that only its owner reads, and shows the key once', () => {
    const file = path.join(freshFolder(), 'keys');
    const said = [run('billing', 'submit,read', file), run('ops', 'operate', file)].map(({ stdout }) => stdout);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const keys = new ApiKeys(file);
    const names = said.map((text) => keys.find(/^key, shown this once: (\S+)\n$/.exec(text)?.[1] ?? '')?.name);
    expect(names).toEqual(['billing', 'ops']);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  });

  it('begins a line of its own where the last one was left without an end', () => {
    const file = fileOf(billing.line);
    expect(run('ops', 'operate', file).status).toBe(0);
    const keys = new ApiKeys(file);
    expect(keys.find(billing.key)?.name).toBe('billing');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  });

  it('says what it takes', () => {
    expect(run('Billing', 'read')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"Billing" is no name'),
    });
    expect(run('billing')).toMatchObject({ status: 1, stderr: expect.stringContaining('usage: npm run keys:make') });
  });
});

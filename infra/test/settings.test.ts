import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { environmentPath, readEnvironment, stackEnvironment, writeEnvironment } from '../environment.ts';
import { writeRecord } from '../record.ts';
import { ensureSecrets, readSecrets } from '../secrets.ts';
import { readSettings } from '../settings.ts';
import { DEFAULT_PORTS } from '../stack.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dtq-infra-settings-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('readSettings', () => {
  test('has the default ports', () => {
    expect(readSettings({ DTQ_INFRA_DIR: dir }).ports).toEqual(DEFAULT_PORTS);
  });

  test('shifts all ports by the offset, and lets one port alone win over it', () => {
    const { ports } = readSettings({ DTQ_INFRA_DIR: dir, DTQ_INFRA_PORT_OFFSET: '100', DTQ_INFRA_REDIS_PORT: '6390' });
    expect(ports.kafka).toBe(DEFAULT_PORTS.kafka + 100);
    expect(ports.redis).toBe(6390);
  });

  test('takes the recorded ports when the environment says nothing', () => {
    const ports = { ...DEFAULT_PORTS, kafka: 29092 };
    writeRecord(dir, { road: 'native', ports, mongodb: 'ferretdb', withSecantus: false });
    expect(readSettings({ DTQ_INFRA_DIR: dir }).ports).toEqual(ports);
  });

  test.each([
    [{ DTQ_INFRA_REDIS_PORT: 'x' }, 'DTQ_INFRA_REDIS_PORT is "x" but must be a whole number from 1024 to 65535'],
    [{ DTQ_INFRA: 'podman' }, 'DTQ_INFRA is "podman" but must be native or compose'],
    [
      { DTQ_INFRA_REDIS_PORT: '19017' },
      'port 19017 is given to both redis and mongodb: change DTQ_INFRA_REDIS_PORT or DTQ_INFRA_MONGODB_PORT',
    ],
  ])('refuses %o', (env, message) => {
    expect(() => readSettings({ DTQ_INFRA_DIR: dir, ...env })).toThrow(message);
  });

  test('refuses a record that is not one', () => {
    writeFileSync(join(dir, 'stack.json'), '{');
    expect(() => readSettings({ DTQ_INFRA_DIR: dir })).toThrow('is not a stack record');
  });
});

describe('secrets', () => {
  test('are made once, differ, and are private', () => {
    const secrets = ensureSecrets(dir);
    expect(new Set(Object.values(secrets)).size).toBe(4);
    expect(ensureSecrets(dir)).toEqual(secrets);
    expect(readSecrets(dir)).toEqual(secrets);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});

describe('the environment file', () => {
  test('is private, even where an older one was not, and reads back as it was written', () => {
    writeFileSync(environmentPath(dir), '', { mode: 0o644 });
    const environment = stackEnvironment(DEFAULT_PORTS, ensureSecrets(dir), 'ferretdb', true);
    writeEnvironment(dir, environment);
    expect(statSync(environmentPath(dir)).mode & 0o777).toBe(0o600);
    expect(readEnvironment(dir)).toEqual(environment);
    expect(readFileSync(environmentPath(dir), 'utf8')).toContain('KAFKA_BROKERS=127.0.0.1:19092\n');
  });

  test('has a user for a real MongoDB and none for FerretDB, which knows none', () => {
    const secrets = { rabbitmq: 'r', redis: 's', mongodb: 'm', postgres: 'p' };
    expect(stackEnvironment(DEFAULT_PORTS, secrets, 'mongo', false).MONGO_URI).toBe(
      'mongodb://dtq:m@127.0.0.1:19017/?authSource=admin&directConnection=true',
    );
    expect(stackEnvironment(DEFAULT_PORTS, secrets, 'ferretdb', false).MONGO_URI).toBe(
      'mongodb://127.0.0.1:19017/?directConnection=true',
    );
  });

  test('is not taken for one when a name is missing', () => {
    writeFileSync(environmentPath(dir), 'KAFKA_BROKERS=127.0.0.1:19092\n');
    expect(readEnvironment(dir)).toBeUndefined();
  });
});

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { COMPOSE_FILE } from '../compose/docker.ts';
import { composeEnvironment } from '../compose/environment.ts';
import { kafkaProperties } from '../native/kafka.ts';
import { DEFAULT_PORTS, HOST, IMAGES, LIMITS, PLATFORM_SERVERS, REDIS_DATABASES, USERS } from '../stack.ts';
import { parseYaml } from './yaml-subset.ts';

interface Service {
  readonly image: string;
  readonly environment: Record<string, string>;
  readonly ports: string[];
  readonly volumes: string[];
  readonly healthcheck: Record<string, unknown>;
  readonly mem_limit: string;
  readonly cpus: string;
  readonly command?: string[];
}

const secrets = { rabbitmq: 'rabbitmq-pw', redis: 'redis-pw', mongodb: 'mongodb-pw', postgres: 'postgres-pw' };
const values = new Map(composeEnvironment(DEFAULT_PORTS, secrets));
const source = readFileSync(COMPOSE_FILE, 'utf8');

/** What compose makes of `${NAME}` and `${NAME:?message}`; every name must be one that the settings give. */
const filled = source.replaceAll(/(?<!\$)\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name: string) => {
  const value = values.get(name);
  if (value === undefined) throw new Error(`compose.yaml uses ${name}, which the settings do not give`);
  return value;
});
const file = parseYaml(filled) as unknown as { services: Record<string, Service>; volumes: Record<string, null> };

describe('compose.yaml', () => {
  test('satisfies the schema of the compose specification', () => {
    const schemaPath = new URL('../compose/compose-spec.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(schemaPath, 'utf8')) as object;
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    const valid = validate(file);
    expect(validate.errors).toBeNull();
    expect(valid).toBe(true);
  });

  test('leaves no name that the settings give unused', () => {
    for (const name of values.keys()) expect(source, name).toContain(`\${${name}`);
  });

  test('has the four servers and no other', () => {
    expect(Object.keys(file.services)).toEqual([...PLATFORM_SERVERS]);
  });

  test.each(PLATFORM_SERVERS)('%s has its image, limits, a named volume and a health check', (server) => {
    const service = file.services[server];
    expect(service?.image).toBe(IMAGES[server]);
    expect(service?.mem_limit).toBe(LIMITS[server].memory);
    expect(service?.cpus).toBe(LIMITS[server].cpus);
    expect(service?.healthcheck['test']).toBeDefined();
    for (const volume of service?.volumes ?? []) expect(Object.keys(file.volumes)).toContain(volume.split(':')[0]);
    expect(service?.volumes.length).toBeGreaterThan(0);
  });

  test.each(PLATFORM_SERVERS)('%s is published on loopback alone, on the port of the settings', (server) => {
    const ports = file.services[server]?.ports ?? [];
    expect(ports[0]?.startsWith(`${HOST}:${DEFAULT_PORTS[server]}:`)).toBe(true);
    for (const port of ports) expect(port.startsWith(`${HOST}:`)).toBe(true);
  });

  test('has the users of the settings and no password of its own', () => {
    expect(file.services['rabbitmq']?.environment).toMatchObject({
      RABBITMQ_DEFAULT_USER: USERS.rabbitmq,
      RABBITMQ_DEFAULT_PASS: secrets.rabbitmq,
    });
    expect(file.services['mongodb']?.environment).toMatchObject({
      MONGO_INITDB_ROOT_USERNAME: USERS.mongodb,
      MONGO_INITDB_ROOT_PASSWORD: secrets.mongodb,
    });
    expect(file.services['redis']?.command?.at(-1)).toContain('user default off');
    expect(source).not.toMatch(/(?:PASS|PASSWORD): (?!\$\{)/);
  });

  test('gives Redis the databases of the settings, as the native road does', () => {
    expect(file.services['redis']?.command?.at(-1)).toContain(`--databases ${REDIS_DATABASES} `);
  });

  test('puts no password into a command line of Redis', () => {
    expect(file.services['redis']?.command?.join(' ')).not.toContain(secrets.redis);
  });

  test('sets Kafka as the native road does', () => {
    const environment = file.services['kafka']?.environment ?? {};
    const properties = new Map(
      kafkaProperties(DEFAULT_PORTS, '/data')
        .trim()
        .split('\n')
        .map((line): [string, string] => {
          const [name = '', ...value] = line.split('=');
          return [name, value.join('=')];
        }),
    );
    // Addresses and folders are the container's own; all else is one setting in two spellings.
    const own = /listeners?|voters|log\.dirs/;
    for (const [name, value] of properties) {
      const variable = `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`;
      if (!own.test(name)) expect([variable, environment[variable]]).toEqual([variable, value]);
    }
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain(`HOST://${HOST}:${DEFAULT_PORTS.kafka}`);
  });
});

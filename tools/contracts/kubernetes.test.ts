import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeKey } from '@dtq/api/api-keys.ts';
import { readApiProcessConfig } from '@dtq/api/process-config.ts';
import { readDistributedConfig } from '@dtq/backend-distributed/config.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { CHANNELS, JOB_CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { readWorkerProcessConfig } from '@dtq/worker/process-config.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { root } from './sources.ts';

// No cluster stands behind these: each manifest is held to the schema of its kind, and what it says of the programs to what the
// programs themselves say.

const FOLDER = path.join(root, 'infra/kubernetes');

interface Labels {
  readonly [label: string]: string;
}

interface Container {
  readonly image: string;
  readonly ports?: { readonly name: string; readonly containerPort: number }[];
  readonly env?: {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  readonly envFrom?: { readonly configMapRef: { readonly name: string } }[];
  readonly volumeMounts?: { readonly name: string; readonly mountPath: string }[];
  readonly [probe: `${string}Probe`]:
    | { readonly httpGet: { readonly path: string; readonly port: string } }
    | undefined;
}

interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly data: Readonly<Record<string, string>>;
  readonly resources: string[];
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels };
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
        readonly volumes?: { readonly name: string; readonly secret: { readonly secretName: string } }[];
      };
    };
    readonly scaleTargetRef: { readonly name: string };
    readonly maxReplicas: number;
    readonly maxReplicaCount: number;
    readonly triggers: { readonly metadata: Readonly<Record<string, string>> }[];
  };
}

const files = globSync('{base,keda}/*.yaml', { cwd: FOLDER }).sort();
const manifests = files.flatMap((file): Manifest[] =>
  parseAllDocuments(readFileSync(path.join(FOLDER, file), 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`);
    return { file, ...(document.toJS() as Omit<Manifest, 'file'>) };
  }),
);

function find(kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const settings = find('ConfigMap', 'dtq-config').data;
const api = find('Deployment', 'dtq-api').spec.template.spec;
const worker = find('Deployment', 'dtq-worker').spec.template.spec;
const topology = find('Job', 'dtq-topology').spec.template.spec;

/** What stands in for a secret; what the programs take for valid. */
const SECRETS: Readonly<Record<string, string>> = {
  'redis-password': 'secret',
  'rabbitmq-url': 'amqp://dtq:secret@rabbitmq:5672',
  'mongo-uri': 'mongodb://dtq:secret@mongodb:27017',
  'idempotency-secret': 'sixteen letters!',
  'github-token': 'secret',
};

/** The environment of a container, as it would be. */
function environmentOf({ env = [], envFrom = [] }: Container): Record<string, string> {
  const given = env.map(({ name, value, valueFrom }) => {
    const secret = valueFrom?.secretKeyRef;
    if (secret === undefined) return [name, value ?? ''];
    expect(secret.name).toBe('dtq-secrets');
    return [name, SECRETS[secret.key] ?? ''];
  });
  expect(envFrom).toEqual([{ configMapRef: { name: 'dtq-config' } }]);
  return { ...settings, ...Object.fromEntries(given) };
}

/** The names that a program asks for, once it has taken the values that the manifests give it. */
function namesRead(environment: Record<string, string>, read: (reader: ConfigReader) => unknown): Set<string> {
  const reader = new ConfigReader(environment);
  read(reader);
  reader.finish();
  return new Set(reader.settings().map(({ name }) => name));
}

const readApi = (reader: ConfigReader) => readApiProcessConfig(reader, (from) => readDistributedConfig(from, 'api'));
const readWorker = (reader: ConfigReader) =>
  readWorkerProcessConfig(reader, (from) => readDistributedConfig(from, 'worker'));

function apiEnvironment(): Record<string, string> {
  const [container] = api.containers;
  const environment = environmentOf(container);
  const [mount] = container.volumeMounts ?? [];
  expect(path.posix.dirname(environment['API_KEYS_FILE'] ?? '')).toBe(mount?.mountPath);
  const file = path.join(freshFolder(), 'keys');
  writeFileSync(file, makeKey('billing', ['submit']).line);
  return { ...environment, API_KEYS_FILE: file };
}

describe('each manifest', () => {
  const schema = JSON.parse(readFileSync(path.join(FOLDER, 'schemas/manifests.schema.json'), 'utf8')) as {
    $defs: Record<string, unknown>;
  };
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addSchema(schema, 'manifests');

  it.each(
    manifests.map((manifest) => [`${manifest.file}: ${manifest.kind} ${manifest.metadata?.name ?? ''}`, manifest]),
  )('%s', (_name, { file: _file, ...manifest }) => {
    expect(Object.keys(schema.$defs)).toContain(manifest.kind);
    const check = ajv.compile({ $ref: `manifests#/$defs/${manifest.kind}` });
    check(manifest);
    expect(check.errors ?? []).toEqual([]);
  });

  it('would be refused with a slip in it', () => {
    const check = ajv.compile({ $ref: 'manifests#/$defs/Deployment' });
    const { file: _, ...deployment } = structuredClone(find('Deployment', 'dtq-api'));
    expect(check(deployment)).toBe(true);
    const container = deployment.spec.template.spec.containers[0] as unknown as Record<string, unknown>;
    for (const slip of [
      { readinesProbe: {} },
      { securityContext: {} },
      { image: 3 },
      { resources: { limits: { memory: '512mb' } } },
    ]) {
      const before = { ...container };
      Object.assign(container, slip);
      expect(check(deployment), JSON.stringify(slip)).toBe(false);
      for (const key of Object.keys(container)) delete container[key];
      Object.assign(container, before);
    }
  });

  it('is listed, once', () => {
    for (const folder of ['base', 'keda']) {
      const [kustomization] = manifests.filter(({ file, kind }) => file.startsWith(folder) && kind === 'Kustomization');
      const own = files.filter((file) => file.startsWith(`${folder}/`) && !file.endsWith('kustomization.yaml'));
      expect(kustomization?.resources.filter((file) => file !== '../base').sort()).toEqual(
        own.map((file) => path.posix.basename(file)),
      );
    }
  });
});

describe('what belongs together', () => {
  it('is found by its labels', () => {
    for (const name of ['dtq-api', 'dtq-worker']) {
      const { selector, template } = find('Deployment', name).spec;
      const budget = find('PodDisruptionBudget', name).spec.selector;
      for (const { matchLabels } of [selector, budget]) expect(template.metadata.labels).toMatchObject(matchLabels);
      expect(find('HorizontalPodAutoscaler', name).spec.scaleTargetRef.name).toBe(name);
    }
    const service = find('Service', 'dtq-api').spec.selector;
    expect(find('Deployment', 'dtq-api').spec.template.metadata.labels).toMatchObject(service);
    for (const { serviceAccountName } of [api, worker, topology]) find('ServiceAccount', serviceAccountName);
  });

  it('is what its README has people make of secrets', () => {
    const readme = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
    const keys = [api, worker, topology].flatMap(({ containers: [{ env = [] }] }) =>
      env.flatMap(({ valueFrom }) => (valueFrom === undefined ? [] : [valueFrom.secretKeyRef.key])),
    );
    expect([...new Set(keys)].sort()).toEqual(Object.keys(SECRETS).sort());
    for (const key of keys) expect(readme).toContain(`--from-literal=${key}=`);
    const [volume] = api.volumes ?? [];
    expect(readme).toContain(`create secret generic ${volume?.secret.secretName} --namespace dtq --from-file=keys=`);
  });
});

describe('what the manifests say of the programs', () => {
  it('are names that they read, and values that they take', () => {
    const apiNames = namesRead(apiEnvironment(), readApi);
    const workerNames = namesRead(environmentOf(worker.containers[0]), readWorker);
    const topologyNames = namesRead(environmentOf(topology.containers[0]), (reader) =>
      readDistributedConfig(reader, 'worker'),
    );
    const strange = (container: Container, names: ReadonlySet<string>) =>
      (container.env ?? []).map(({ name }) => name).filter((name) => !names.has(name));
    expect(strange(api.containers[0], apiNames)).toEqual([]);
    expect(strange(worker.containers[0], workerNames)).toEqual([]);
    expect(strange(topology.containers[0], topologyNames)).toEqual([]);
    expect(Object.keys(settings).filter((name) => !apiNames.has(name) && !workerNames.has(name))).toEqual([]);
  });

  it('are ports on which they listen, and of servers that they speak to', () => {
    const { api: own, backend } = readApi(new ConfigReader(apiEnvironment()));
    const { healthAddress } = readWorker(new ConfigReader(environmentOf(worker.containers[0])));
    expect(own.address).toEqual({ host: '', port: api.containers[0].ports?.[0]?.containerPort });
    expect(healthAddress).toEqual({ host: '', port: worker.containers[0].ports?.[0]?.containerPort });
    const open = JSON.stringify(find('NetworkPolicy', 'dtq-servers').spec);
    const servers = [
      String(backend.kafka.brokers[0]?.split(':')[1]),
      backend.redis.address.port,
      new URL(backend.rabbitmq.url).port,
      new URL(backend.mongodb.uri).port,
    ];
    for (const port of servers) expect(open).toContain(`"port":${port}}`);
    expect(JSON.stringify(find('NetworkPolicy', 'dtq-api-requests').spec)).toContain(`"port":${own.address.port}}`);
  });

  it('are probes of routes that there are, on a port that has a name', () => {
    const paths: readonly string[] = [OPERATIONS.getLiveness.path, OPERATIONS.getReadiness.path];
    for (const [container] of [api.containers, worker.containers]) {
      const [port] = container.ports ?? [];
      for (const [probe, at] of [
        ['startupProbe', 0],
        ['livenessProbe', 0],
        ['readinessProbe', 1],
      ] as const)
        expect(container[probe]?.httpGet).toEqual({ path: paths[at], port: port?.name });
    }
  });

  it('leave a stop the time that it takes', () => {
    // Beside what is configured a stop takes 5 s for what is being answered, or for commits, and 5 s for its connections.
    const restS = 10;
    const { api: own } = readApi(new ConfigReader(apiEnvironment()));
    const { worker: read } = readWorker(new ConfigReader(environmentOf(worker.containers[0])));
    expect(api.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(own.shutdownGraceMs / 1000 + restS);
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(read.drainTimeoutMs / 1000 + restS);
    // The server keeps an idle connection for 5 s.
    expect(own.shutdownGraceMs).toBeGreaterThan(5000);
  });

  it('have no more workers than partitions, and count what waits for every type', () => {
    const { spec } = find('ScaledObject', 'dtq-worker');
    const partitions = JOB_TYPE_VALUES.map((jobType) => CHANNELS[JOB_CHANNELS[jobType].jobs.normal].kafka?.partitions);
    expect(new Set(partitions)).toEqual(new Set([spec.maxReplicaCount]));
    expect(find('HorizontalPodAutoscaler', 'dtq-worker').spec.maxReplicas).toBe(spec.maxReplicaCount);
    expect(spec.triggers.map(({ metadata }) => metadata['consumerGroup']).sort()).toEqual(
      JOB_TYPE_VALUES.map((jobType) => `${settings['WORKER_KAFKA_GROUP_ID']}-${jobType}`).sort(),
    );
    for (const { metadata } of spec.triggers) expect(metadata['bootstrapServers']).toBe(settings['KAFKA_BROKERS']);
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { packSdk } from '@dtq/sdk-pack/pack.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { startPlatform } from './platform.ts';
import { addFile, addPackages, makeStranger, type Stranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

const tarball = useTarball();
const stranger = async (): Promise<Stranger> => makeStranger((await tarball()).file);

const LONG = { timeout: 120_000 };

describe('the tarball', () => {
  it('has the version of the contracts, needs no other package, and is the same bytes each time', LONG, async () => {
    const { file } = await tarball();
    expect(path.basename(file)).toBe(`dtq-sdk-${openapi.info.version}.tgz`);
    const again = await packSdk(freshFolder());
    expect(readFileSync(again.file).equals(readFileSync(file))).toBe(true);
    const { folder } = await stranger();
    const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const manifest = read('node_modules/@dtq/sdk/package.json');
    expect(manifest).toMatchObject({ name: '@dtq/sdk', version: openapi.info.version });
    expect(manifest['dependencies']).toBeUndefined();
    expect(Object.keys(read('package-lock.json')['packages'] as object)).toEqual(['', 'node_modules/@dtq/sdk']);
  });

  it('is small: it adds less than 11 KB to a page', LONG, async () => {
    const project = await stranger();
    project.write(
      'page.js',
      "import { createClient } from '@dtq/sdk';\nglobalThis.dtq = createClient({ baseUrl: location.origin });\n",
    );
    project.write('index.html', '<!doctype html><body><script type="module" src="./page.js"></script></body>');
    const built = await build({ root: project.folder, configFile: false, logLevel: 'error', build: { write: false } });
    if (Array.isArray(built) || !('output' in built)) throw new Error('the build watches, or made several pages');
    const code = built.output.flatMap((file) => (file.type === 'chunk' ? [file.code] : [])).join('\n');
    expect(code).toContain('Idempotency-Key');
    expect(gzipSync(code).length).toBeLessThan(11 * 1024);
  });
});

describe("a stranger's project", () => {
  it('submits, watches and prints each type of job', LONG, async () => {
    const project = await stranger();
    for (const file of ['show-jobs.ts', 'main.ts', 'page.ts']) addFile(project, file);
    addPackages(project, '@types/node', 'undici-types');
    // Without any types of Node, and with nothing but them.
    expect(await project.check(['show-jobs.ts', 'page.ts'])).toMatchObject({ stdout: '', code: 0 });
    expect(await project.check(['main.ts'], { types: ['node'], lib: ['es2022'] })).toMatchObject({
      stdout: '',
      code: 0,
    });

    const { url } = await startPlatform();
    const { code, stdout, stderr } = await project.run(process.execPath, ['main.ts', url]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    for (const type of JOB_TYPE_VALUES) expect(lines.filter((line) => line.startsWith(`${type}: `))).toHaveLength(1);
    expect(lines.filter((line) => line === 'completed 100 %')).toHaveLength(JOB_TYPE_VALUES.length);
    expect(lines.filter((line) => line === 'it completed')).toHaveLength(JOB_TYPE_VALUES.length);
  });

  const olderNode = findOlderNode();
  it.skipIf(olderNode === undefined)('runs on the older Node of this machine too', LONG, async () => {
    const project = await stranger();
    project.write(
      'main.js',
      `import { createClient } from '@dtq/sdk';
const dtq = createClient({ baseUrl: process.argv[2] });
const job = await dtq.submit('weather', { city: 'Austin', units: 'metric' });
for await (const { event } of dtq.watch(job)) console.log(event);
console.log(Object.keys((await dtq.wait(job)).output).join(' '));
await import('@dtq/sdk/kafka');
await import('@dtq/sdk/amqp');
`,
    );
    const { url } = await startPlatform();
    const { code, stdout, stderr } = await project.run(olderNode ?? '', ['main.js', url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(?:status\n)+result\ntemperature condition humidity_pct wind_kph provider\n$/);
    const command = path.join(project.folder, 'node_modules/.bin/dtq');
    const ran = await project.run(olderNode ?? '', [command, 'list', '--json', '--url', url]);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  });

  const MISTAKES = [
    {
      mistake: 'a type that there is not',
      code: `await dtq.submit('wether', { city: 'Austin', units: 'metric' });`,
      names: ['"wether"', '"weather"', '"exchange_rate"'],
    },
    {
      mistake: 'a field that there is not',
      code: `await dtq.submit('weather', { city: 'Austin', units: 'metric', town: 'Austin' });`,
      names: ["'town'", 'does not exist', 'units'],
    },
    {
      mistake: 'a value that there is not',
      code: `await dtq.submit('weather', { city: 'Austin', units: 'kelvin' });`,
      names: ['"kelvin"', '"metric"', '"imperial"'],
    },
    {
      mistake: 'a field that is missing',
      code: `await dtq.submit('weather', { city: 'Austin' });`,
      names: ["'units'", 'missing'],
    },
    {
      mistake: 'an output that is not what is read of it',
      code: `const job = await dtq.submit('weather', { city: 'Austin', units: 'metric' });
console.log((await dtq.wait(job)).output.temprature);`,
      names: ["'temprature'", "'temperature'"],
    },
    {
      mistake: "another type's output",
      code: `console.log((await dtq.run('quote', {})).output.temperature);`,
      names: ["'temperature'", 'quotes'],
    },
    {
      mistake: 'a code that there is not',
      code: `try { await dtq.system(); } catch (error) { if (isProblem(error, 'job_unknown')) throw error; }`,
      names: ['"job_unknown"'],
    },
  ];

  it('does not compile with a mistake, and the message names it', LONG, async () => {
    const project = await stranger();
    const before = "import { createClient, isProblem } from '@dtq/sdk';\nvoid isProblem;\n";
    const client = "const dtq = createClient({ baseUrl: 'http://dtq.test' });\n";
    const files = MISTAKES.map(({ code }, place) => {
      project.write(`mistake-${place}.ts`, `${before}${client}${code}\n`);
      return `mistake-${place}.ts`;
    });
    const { code, stdout } = await project.check(files);
    expect(code).not.toBe(0);
    for (const [place, { mistake, names }] of MISTAKES.entries()) {
      // A message begins with its place, and may go on over indented lines.
      const messages = stdout.split(/\n(?=\S)/).filter((message) => message.startsWith(`mistake-${place}.ts(`));
      // One mistake, one message.
      expect(messages, mistake).toHaveLength(1);
      for (const name of names) expect(messages[0], mistake).toContain(name);
    }
  });

  it('has the messages of Kafka and RabbitMQ typed the same way', LONG, async () => {
    const project = await stranger();
    addPackages(project, 'kafkajs', 'rabbitmq-client', '@types/node', 'undici-types');
    const kafka = `import { createPublisher, createConsumer } from '@dtq/sdk/kafka';
import { Kafka } from 'kafkajs';
const kafka = new Kafka({ brokers: [] });
const publisher = createPublisher({ kafka });
createConsumer({ kafka, groupId: 'g', onInvalid: () => {}, onJob: { quote: (job) => console.log(job.payload.limit) } });
`;
    project.write('right.ts', `${kafka}await publisher.publish('quote', { limit: 2 });\n`);
    expect(await project.check(['right.ts'], { types: ['node'] })).toMatchObject({ stdout: '', code: 0 });
    project.write('wrong.ts', `${kafka}await publisher.publish('quote', { limt: 2 });\n`);
    const { code, stdout } = await project.check(['wrong.ts'], { types: ['node'] });
    expect(code).not.toBe(0);
    expect(stdout).toContain("'limt'");
  });
});

/** A Node from 20 on, other than the one that runs the tests. */
function findOlderNode(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'node'));
  return places.find((file) => {
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
    const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1]);
    return major >= 20 && major < Number(process.versions.node.split('.')[0]);
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startServer } from '@dtq/api/server.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { makeKeys } from '@dtq/testkit/keys.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Report } from '../run-checks.ts';
import { embeddedServer } from './embedded-server.ts';
import { HTTP_MUTATIONS } from './http-mutations.ts';

// The kit as others have it: a program that is given an address.

const main = path.join(import.meta.dirname, '../main.ts');
const TIMEOUT_MS = 180_000;

function kit(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return run(main, args);
}

async function run(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

describe('the kit as a program', () => {
  it('finds that the standalone server keeps the contracts, and says what it could not ask', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const server = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder() });
    const junit = path.join(freshFolder(), 'junit.xml');
    const { code, out } = await kit('--api', server.url, '--json', '--junit', junit);
    const report = JSON.parse(out) as Report;
    const bad = report.checks.filter(({ result }) => result === 'broken' || result === 'error');
    expect(bad).toEqual([]);
    expect(code).toBe(0);
    for (const { id, result, reason } of report.checks) {
      const isHttp = id.startsWith('http.');
      expect([id, result]).toEqual([id, isHttp ? 'kept' : 'left out']);
      if (!isHttp) expect(reason).toMatch(/^there is no --(?:kafka|amqp|redis|mongo)$/);
    }
    const xml = readFileSync(junit, 'utf8');
    expect(xml.match(/<testcase /g)).toHaveLength(report.checks.length);
    expect(xml.match(/<skipped /g)).toHaveLength(report.left_out);
  });

  it('asks a server that wants a key with the one that it is given, and shows it nowhere', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const keys = makeKeys({ kit: ['submit', 'read', 'operate'] });
    const server = await startProgram('services/standalone/main.ts', {
      DTQ_DATA_DIR: freshFolder(),
      API_KEYS_FILE: keys.file,
    });
    const file = path.join(freshFolder(), 'key');
    writeFileSync(file, `${keys.of.kit}\n`);
    const { code, out } = await kit('--api', server.url, '--key-file', file, '--verbose');
    expect(out).toMatch(/it keeps the contracts, as far as it was asked: \d+ kept, 0 broken/);
    expect(code).toBe(0);
    const refused = await kit('--api', server.url, '--only', 'http.submit-accepted');
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('answers 401');
    const wrong = await kit('--api', server.url, '--key-file', keys.file);
    expect([wrong.code, wrong.err]).toEqual([
      2,
      `--key-file: ${keys.file} holds no key, which is one word such as dtq_billing_...; --help tells all options\n`,
    ]);
    const attack = path.join(import.meta.dirname, '../fuzz/main.ts');
    const environment = { DTQ_API_KEY: keys.of.kit };
    const fuzzed = await run(attack, ['--api', server.url, '--requests', '300', '--seed', '1'], environment);
    expect(fuzzed.out).toContain('nothing found');
    expect(fuzzed.out).toMatch(/submitJob +.*202 ×/);
    expect(fuzzed.out).not.toMatch(/ 401 ×/);
    for (const text of [out, refused.out, fuzzed.out, server.output()]) expect(text).not.toContain(keys.of.kit);
  });

  it('tells a server that breaks a promise, with the sentence of the contract and what was seen', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const server = await embeddedServer();
    const mutate = HTTP_MUTATIONS['http.submit-location']?.mutate;
    const broken = await startServer((request) => mutate?.(request, server.fetch) ?? server.fetch(request), {
      host: '127.0.0.1',
      port: 0,
    });
    onTestFinished(async () => {
      await broken.stop(0);
      await server.close();
    });
    const junit = path.join(freshFolder(), 'junit.xml');
    const only = 'http.submit-location,http.submit-accepted,http.replay';
    const { code, out } = await kit('--api', broken.url, '--only', only, '--without', 'replays', '--junit', junit);
    expect(code).toBe(1);
    expect(out).toContain('BROKEN  http.submit-location');
    expect(out).toContain('the contract: `Location: /v1/jobs/{job_id}/status`');
    expect(out).toMatch(/but: the header Location must be "\/v1\/jobs\/[0-9a-f-]{36}\/status", and is null/);
    expect(out).toContain('left out: declared: --without replays (replays)');
    expect(out).toContain('it does not keep the contracts: 1 kept, 1 broken, 1 left out');
    expect(readFileSync(junit, 'utf8')).toContain('<failure message="the header Location must be');
  });

  it('leaves out what the OpenAPI document of the server does not offer', { timeout: TIMEOUT_MS }, async () => {
    const server = await embeddedServer();
    const small = await startServer(
      (request) => {
        const isDocument = new URL(request.url).pathname === '/openapi.json';
        return isDocument
          ? Response.json({ openapi: '3.1.0', paths: { '/v1/jobs': { post: {} } } })
          : server.fetch(request);
      },
      { host: '127.0.0.1', port: 0 },
    );
    onTestFinished(async () => {
      await small.stop(0);
      await server.close();
    });
    const { code, out } = await kit('--api', small.url, '--only', 'http.*', '--json');
    const { checks } = JSON.parse(out) as Report;
    const of = (id: string) => checks.find((one) => one.id === id);
    expect(code).toBe(0);
    expect(of('http.submit-accepted')).toMatchObject({ result: 'kept' });
    expect(of('http.events-resume')).toMatchObject({
      result: 'left out',
      reason: 'its OpenAPI document offers no GET /v1/jobs/{job_id}/events',
    });
    expect(of('http.priorities')).toMatchObject({
      result: 'left out',
      reason: 'the body of POST /v1/jobs in its OpenAPI document has no priority',
    });
  });

  it('says in one line what it does not take, and that nobody answers', { timeout: TIMEOUT_MS }, async () => {
    expect(await kit('--api', 'here')).toMatchObject({
      code: 2,
      err: '--api takes a URL, not "here"; --help tells all options\n',
    });
    const wrong = await kit('--api', 'http://127.0.0.1:1', '--without', 'everything');
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringMatching(/^--without takes some of .*, not "everything"; /),
    ]);
    const silent = await kit('--api', 'http://127.0.0.1:1');
    expect(silent.code).toBe(2);
    expect(silent.err).toMatch(/^it could not be asked: GET \/openapi\.json has no answer: /);
  });
});

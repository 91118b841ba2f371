import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import path from 'node:path';
import { createClient } from '@dtq/generated/rest/client.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { hangingProvider, listen } from '@dtq/testkit/hanging-provider.ts';
import { type Program, spawnProgram, startProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

const MAIN = 'services/standalone/main.ts';
const AUSTIN = { city: 'Austin', country_code: 'US', units: 'metric' } as const;

describe('npm start', () => {
  it('shows a new user one whole job, and goes on serving', async () => {
    const dataDir = freshFolder();
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: dataDir });
    await eventually('the first job has been shown', () => program.output().includes('temperature'));
    const shown = [...program.output().matchAll(/\] +(\d+) % {2}(\w+)/g)].map(
      ([, percent, state]) => `${percent} ${state}`,
    );
    expect(shown).toEqual(['0 queued', '20 running', '50 running', '80 running', '100 completed']);
    expect(program.output()).toMatch(/POST \/v1\/jobs -> 202, job_id [0-9a-f-]{36}/);
    expect(program.output()).toMatch(/temperature 20\.4, condition \w+/);
    expect((await createClient({ baseUrl: program.url }).getHealth()).data).toMatchObject({ status: 'ok' });
    expect(await program.end('SIGINT')).toBe(0);

    const again = await startProgram(MAIN, { DTQ_DATA_DIR: dataDir });
    expect((await createClient({ baseUrl: again.url }).getReadiness()).data).toMatchObject({ status: 'ready' });
    expect(again.output()).not.toContain('A first job');
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('ties every line of a job to it', async () => {
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: freshFolder(), LOG_LEVEL: 'debug' });
    const { data } = await createClient({ baseUrl: program.url }).submitJob({
      body: { job_type: 'weather', payload: AUSTIN },
    });
    await eventually('it ended', () =>
      program.log.some(({ job_id, msg }) => job_id === data?.job_id && msg === 'ended'),
    );
    const lines = program.log.filter(({ job_id }) => job_id === data?.job_id);
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['accepted', 'progress', 'ended']));
    expect(lines.every(({ trace_id }) => trace_id === data?.trace_id)).toBe(true);
    // Whatever else is said between the first and the last line of a job speaks of the program, and is one of these.
    const ofTheProgram = ['the worker takes jobs', 'the API listens'];
    const untied = program.log.filter(
      ({ job_id, trace_id, msg }) =>
        (job_id === undefined || trace_id === undefined) && !ofTheProgram.includes(String(msg)),
    );
    expect(untied).toEqual([]);
    expect(program.output()).not.toContain('"payload"');
  });

  it('serves the page and the documents on the same origin, with a policy that lets nothing else in', async () => {
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: freshFolder() });
    const page = await fetch(program.url);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    const script = /<script[^>]* src="([^"]+)"/.exec(html)?.[1] ?? '';
    const asset = await fetch(new URL(script, program.url));
    expect(asset.status).toBe(200);
    expect(asset.headers.get('content-type')).toMatch(/javascript/);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${program.url}/docs`)).status).toBe(200);
    const docs = await (await fetch(`${program.url}/docs/try`)).text();
    for (const [, file] of docs.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)) {
      expect((await fetch(new URL(file ?? '', program.url))).status, file).toBe(200);
    }
  });
});

describe('a start that cannot be', () => {
  it('says in one line that the port is taken', async () => {
    const holder = await listen(createServer());
    const { port } = holder.address() as AddressInfo;
    const program = spawnProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      API_ADDR: `127.0.0.1:${port}`,
      LOG_LEVEL: 'silent',
    });
    expect(await exitOf(program)).toBe(1);
    expect(program.output()).toBe(
      `dtq: 127.0.0.1:${port} is taken by another program: stop it, or set API_ADDR to another address\n`,
    );
  });

  it('names every wrong setting at once, with its value and what it takes', async () => {
    const program = spawnProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      API_ADDR: 'nowhere',
      REQUEST_TIMEOUT: '5',
      PROVIDER_MODE: 'dream',
      WORKER_JOB_TYPES: 'weather,tea',
      SQLITE_SYNCHRONOUS: 'OFF',
    });
    expect(await exitOf(program)).toBe(1);
    const lines = program.output().trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines).toEqual(
      expect.arrayContaining([
        'dtq: API_ADDR="nowhere" is not valid: it takes host:port, such as 127.0.0.1:8080 or :8080',
        'dtq: REQUEST_TIMEOUT="5" is not valid: it takes a duration such as 500ms, 5s or 24h, at most 552h',
        'dtq: PROVIDER_MODE="dream" is not valid: it takes one of live, sandbox, auto',
        'dtq: SQLITE_SYNCHRONOUS="OFF" is not valid: it takes one of NORMAL, FULL',
        expect.stringMatching(
          /^dtq: WORKER_JOB_TYPES="weather,tea" is not valid: it takes a comma-separated list of .*weather/,
        ),
      ]),
    );
  });

  it('says in one line that the data folder is in use', async () => {
    const dataDir = freshFolder();
    await startProgram(MAIN, { DTQ_DATA_DIR: dataDir });
    const second = spawnProgram(MAIN, { DTQ_DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
    expect(await exitOf(second)).toBe(1);
    expect(second.output()).toMatch(/^dtq: .*in use by another dtq.*\n$/);
  });
});

describe('a start that meets something odd', () => {
  it('says in one line that the host does not resolve, and that the data folder is a file', async () => {
    const noHost = spawnProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      API_ADDR: 'nohost.invalid:8080',
      LOG_LEVEL: 'silent',
    });
    expect(await exitOf(noHost)).toBe(1);
    expect(noHost.output()).toMatch(
      /^dtq: nohost\.invalid is no name that resolves here: set API_ADDR to an address of this machine\n$/,
    );
    const file = path.join(freshFolder(), 'file');
    writeFileSync(file, '');
    const noFolder = spawnProgram(MAIN, { DTQ_DATA_DIR: file, LOG_LEVEL: 'silent' });
    expect(await exitOf(noFolder)).toBe(1);
    expect(noFolder.output()).toMatch(/^dtq: the data folder .*file cannot be made: it is a file, not a folder\n$/);
  });

  it('shows the first job although the first start failed', async () => {
    const holder = await listen(createServer());
    const dataDir = freshFolder();
    const { port } = holder.address() as AddressInfo;
    expect(await exitOf(spawnProgram(MAIN, { DTQ_DATA_DIR: dataDir, API_ADDR: `127.0.0.1:${port}` }))).toBe(1);
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: dataDir });
    await eventually('the first job is shown', () => program.output().includes('A first job'));
  });

  it('refuses a time that no timer can wait for, and hides what a URL keeps secret', async () => {
    const program = spawnProgram(MAIN, {
      DTQ_DATA_DIR: freshFolder(),
      REQUEST_TIMEOUT: '720h',
      WEATHER_FORECAST_URL: 'ftp://h/?apikey=SECRET123&units=m',
    });
    expect(await exitOf(program)).toBe(1);
    expect(program.output()).toContain(
      'REQUEST_TIMEOUT="720h" is not valid: it takes a duration such as 500ms, 5s or 24h, at most 552h',
    );
    expect(program.output()).toContain('WEATHER_FORECAST_URL="ftp://h/?apikey=***&units=m" is not valid');
  });
});

describe('a process that is killed', () => {
  it('in mid-job loses nothing: after a restart the job completes, once', async () => {
    const dataDir = freshFolder();
    const provider = await hangingProvider();
    const environment = { DTQ_DATA_DIR: dataDir, ...provider.environment };
    const first = await startProgram(MAIN, environment);
    // Nobody answers the first job of a new folder either; both are in mid-job when the process dies.
    const { data: accepted } = await createClient({ baseUrl: first.url }).submitJob({
      body: { job_type: 'weather', payload: AUSTIN },
    });
    const path = { job_id: String(accepted?.job_id) };
    await eventually('it calls the provider', async () => {
      const { data } = await createClient({ baseUrl: first.url }).getJob({ params: { path } });
      return data !== undefined && 'state' in data && data.progress_percent === 50;
    });
    expect(await first.end('SIGKILL')).toBe('SIGKILL');

    provider.answer();
    const second = await startProgram(MAIN, environment);
    const client = createClient({ baseUrl: second.url });
    const document = await eventually('it completes', async () => {
      const { data } = await client.getJob({ params: { path } });
      return data !== undefined && 'final_state' in data ? data : null;
    });
    expect(document).toMatchObject({
      final_state: 'completed',
      trace_id: accepted?.trace_id,
      output: { temperature: 31.5, provider: 'open-meteo' },
      attempts: [
        { number: 1, outcome: 'lost' },
        { number: 2, outcome: 'completed' },
      ],
    });
    const processes = document.attempts?.map(({ worker }) => worker?.split('-').at(-2));
    expect(processes).toEqual([first, second].map(({ child }) => String(child.pid)));
    expect((await client.getJobStatus({ params: { path } })).data).toMatchObject({
      state: 'completed',
      progress_percent: 100,
    });
    await expect.poll(() => endings(second, path.job_id)).toEqual([{ attempt: 2, first: true }]);
  });

  it('is stopped in mid-job by SIGTERM: it waits for the job, and ends with 0', async () => {
    const provider = await hangingProvider();
    const dataDir = freshFolder();
    const environment = { DTQ_DATA_DIR: dataDir, ...provider.environment };
    const program = await startProgram(MAIN, environment);
    const { data: accepted } = await createClient({ baseUrl: program.url }).submitJob({
      body: { job_type: 'weather', payload: AUSTIN },
    });
    await eventually('it calls the provider', () => provider.calls() >= 2);
    const ended = program.end('SIGTERM');
    await eventually('it says so', () => program.log.some(({ msg }) => msg === 'stopping'));
    provider.answer();
    expect(await ended).toBe(0);
    expect(endings(program, String(accepted?.job_id))).toEqual([{ attempt: 1, first: true }]);
    expect(existsSync(path.join(dataDir, 'dtq.sqlite'))).toBe(true);
  });
});

describe('a client that is not HTTP', () => {
  it('gets a problem, and the connection ends', async () => {
    const program = await startProgram(MAIN, { DTQ_DATA_DIR: freshFolder() });
    for (const text of [
      'nonsense\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ]) {
      expect(await raw(program.url, text), text.slice(0, 20)).toMatch(
        /^HTTP\/1\.1 (4\d\d) .*application\/problem\+json.*"status":\1,"code":"(?:invalid_request|headers_too_large)"/s,
      );
    }
    expect((await createClient({ baseUrl: program.url }).getLiveness()).response.status).toBe(200);
  });
});

function exitOf({ child }: Pick<Program, 'child'>): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

/** How often a job ended, as the log has it. */
function endings({ log }: Program, jobId: string): { attempt: unknown; first: unknown }[] {
  return log
    .filter(({ job_id, msg }) => job_id === jobId && msg === 'ended')
    .map(({ attempt, first }) => ({ attempt, first }));
}

function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

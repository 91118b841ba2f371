import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JOB_ERRORS } from '@dtq/generated/errors.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startPlatform } from './platform.ts';
import { type Finished, makeStranger, type RunOptions, type Stranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

// The command line as somebody uses it who installed the tarball: words in, text and an exit code out.

const tarball = useTarball();
const NOBODY = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const LONG = { timeout: 60_000 };

const folder = mkdtempSync(path.join(tmpdir(), 'dtq-cli-'));
let project: Stranger;

beforeAll(async () => {
  project = await makeStranger((await tarball()).file, folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shell {
  readonly url: string;
  dtq(words: string, options?: RunOptions): Promise<Finished>;
}

/** A shell in the project, and a platform to talk to. */
async function shell(environment: Readonly<Record<string, string>> = {}): Promise<Shell> {
  const { url } = await startPlatform(environment);
  return {
    url,
    dtq: (words, options = {}) =>
      project.dtq(words.split(' '), { ...options, environment: { DTQ_URL: url, ...options.environment } }),
  };
}

/** A shell in the project, and nobody at the address that it has. */
async function lonelyShell(): Promise<Shell> {
  // A port that was free a moment ago.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  const dtq: Shell['dtq'] = (words, options) =>
    project.dtq(words.split(' '), { environment: { DTQ_URL: url }, ...options });
  return { url, dtq };
}

describe('dtq submit', () => {
  it('writes the id alone, for a script, and the answer as JSON', LONG, async () => {
    const { dtq } = await shell();
    const submitted = await dtq('submit weather city=Austin units=metric');
    expect(submitted).toMatchObject({ code: 0, stderr: '' });
    expect(submitted.stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    const { stdout } = await dtq('submit quote limit=2 --json');
    expect(JSON.parse(stdout)).toMatchObject({ job_type: 'quote', state: 'queued' });
  });

  it('watches with a progress bar, and writes the output', LONG, async () => {
    const { dtq } = await shell();
    const { code, stdout, stderr } = await dtq('submit weather city=Austin units=metric --watch');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^temperature +\S+\ncondition +\S/);
    const bars = stderr.split('\n').filter((line) => line.startsWith('['));
    expect(bars.at(-1)).toMatch(/^\[#{24}\] 100 % {2}completed$/);
    expect(bars).toContain('[############............]  50 %  running    calling external provider');
  });

  it('takes the payload as JSON, from standard input too', LONG, async () => {
    const { dtq } = await shell();
    const input = JSON.stringify({ city: 'New York', units: 'metric' });
    const { stdout } = await dtq('submit weather --payload - --watch --json', { input });
    const [last] = stdout.trimEnd().split('\n').slice(-1);
    expect(JSON.parse(last ?? '')).toMatchObject({ event: 'result', data: { input: { city: 'New York' } } });
    expect(await dtq('submit weather --payload []')).toMatchObject({ code: 2 });
  });

  it('ends with 1 and the code of a job that failed', LONG, async () => {
    const { dtq } = await shell();
    const { code, stderr } = await dtq('submit weather city=Nowhere units=metric --watch');
    expect(code).toBe(1);
    expect(stderr).toContain('failed: city_not_found: ');
    expect(JOB_ERRORS.city_not_found.retryable).toBe(false);
  });

  it('makes no second job of the same key', LONG, async () => {
    const { dtq } = await shell();
    const first = await dtq('submit quote limit=1 --key order-17');
    expect(await dtq('submit quote limit=1 --key order-17')).toEqual(first);
    const other = await dtq('submit quote limit=2 --key order-17');
    expect(other.code).toBe(5);
    expect(other.stderr).toContain('submit_key_reused');
    expect(other.stderr).toContain(`job_id ${first.stdout.trim()}`);
  });
});

describe('wrong use', () => {
  it('ends with 2, and one message that says what would be right', LONG, async () => {
    const { dtq } = await lonelyShell();
    const cases: [string, string][] = [
      ['frobnicate', 'there is no command "frobnicate"; there are submit, watch, get,'],
      ['submit', 'a type of job is missing; there are:\n  weather '],
      ['submit wether', 'there is no type of job "wether"; there are:\n  weather '],
      ['submit weather city', '"city" is not field=value; weather has city, [country_code], units=metric|imperial'],
      ['submit weather town=x', 'weather has no field "town"; weather has city, [country_code], units=metric|imperial'],
      ['submit weather units=kelvin', 'units takes metric or imperial, not "kelvin"'],
      ['submit quote limit=many', 'limit takes a whole number, not "many"'],
      ['submit quote limit:=[', 'limit is not JSON: '],
      ['submit quote --payload {}x', '--payload is not JSON: '],
      ['submit quote limit=1 --payload {}', 'the payload comes from fields or from --payload, not from both'],
      ['submit quote --priority urgent', '--priority takes high, normal, low, not "urgent"'],
      ['list --limit 0', '--limit takes a whole number from 1, not "0"'],
      ['list --state done', '--state takes queued, running, completed, failed, not "done"'],
      ['list --since yesterday', '--since takes a moment such as 2026-02-14T15:00:00Z, or a time ago such as 2h'],
      ['get', 'it takes the id of a job, and nothing else'],
      ['system now', '"now" means nothing here'],
      ['system --timeout 5', '--timeout takes a time such as 500ms, 30s or 5m, not "5"'],
      ['system --url dtq.test', '--url: baseUrl must be an address such as https://dtq.example.com, not "dtq.test"'],
      ['system --header authorization', 'a header is NAME:VALUE'],
      ['system --header Authorization:x', 'others can read what stands on the line: put a key into --key-file,'],
      ['system --key-file /nowhere', '--key-file: /nowhere cannot be read (ENOENT)'],
      [
        'system --key-file package.json',
        '--key-file: package.json holds no key, which is one word such as dtq_billing_',
      ],
      ['system --colour', "Unknown option '--colour'"],
      ['replay', 'which jobs? name them, say which match (--type, --error-code, --since), or take --all'],
      ['completion tcsh', 'completion takes bash, zsh, fish'],
    ];
    for (const [words, message] of cases) {
      const { code, stdout, stderr } = await dtq(words);
      expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
      expect(stderr.startsWith(`dtq: ${message}`), `${words}: ${stderr}`).toBe(true);
      expect(stderr, words).not.toContain('    at ');
    }
  });

  it('is answered by help, which tells commands, options and exit codes', LONG, async () => {
    const { dtq } = await lonelyShell();
    const { code, stdout } = await dtq('help');
    expect(code).toBe(0);
    for (const text of ['submit', 'dead-letters', '--timeout', 'Exit codes:', '130']) expect(stdout).toContain(text);
    expect((await dtq('submit --help')).stdout).toBe((await dtq('help submit')).stdout);
    expect((await dtq('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('of the contract is told by the API, with every place', LONG, async () => {
    const { dtq } = await shell();
    const { code, stderr } = await dtq('submit weather city=Austin');
    expect(code).toBe(2);
    expect(stderr).toContain('invalid_request');
    expect(stderr).toContain('/payload/units is required, and missing');
  });
});

describe('nobody there', () => {
  it('ends with 3, also where the time is up meanwhile', LONG, async () => {
    const { dtq, url } = await lonelyShell();
    for (const words of ['system', `watch ${NOBODY} --timeout 2s`, 'list --timeout 1s']) {
      const { code, stderr } = await dtq(words);
      expect({ words, code }).toEqual({ words, code: 3 });
      expect(stderr).toContain(`no answer from ${url}: connect ECONNREFUSED`);
    }
  });

  it('ends with 6 where somebody is there and does not answer', LONG, async () => {
    const { dtq } = await lonelyShell();
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await dtq(`get ${NOBODY} --timeout 500ms --url http://127.0.0.1:${port}`);
    expect({ code, stderr }).toEqual({ code: 6, stderr: 'dtq: not done within 500 ms\n' });
  });
});

describe('jobs and what becomes of them', () => {
  it('get, status and list tell of them', LONG, async () => {
    const { dtq } = await shell();
    const id = (await dtq('submit weather city=Austin units=metric')).stdout.trim();
    await dtq(`watch ${id}`);
    expect((await dtq(`get ${id}`)).stdout).toMatch(/^final_state +completed$/m);
    expect(JSON.parse((await dtq(`get ${id} --json`)).stdout)).toMatchObject({ job_id: id, final_state: 'completed' });
    expect((await dtq(`status ${id}`)).stdout).toMatch(/^state +completed$/m);
    const { stdout } = await dtq('list --type weather --state completed --since 1h');
    const [titles, ...rows] = stdout.trimEnd().split('\n');
    expect(titles).toMatch(/^JOB +TYPE +STATE +% +SUBMITTED +MESSAGE$/);
    expect(rows.filter((row) => row.startsWith(`${id}  weather `))).toHaveLength(1);
    expect(JSON.parse((await dtq('list --json --limit 1')).stdout)).toHaveLength(1);
    expect(await dtq(`get ${NOBODY}`)).toMatchObject({ code: 4, stdout: '' });
  });

  it('cancel ends one that waits, and is refused for one that has ended', LONG, async () => {
    const { dtq } = await shell();
    const id = (await dtq('submit quote --delay 1h')).stdout.trim();
    expect(await dtq(`cancel ${id}`)).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    const again = await dtq(`cancel ${id}`);
    expect(again.code).toBe(5);
    expect(again.stderr).toContain('job_already_final');
    expect(await dtq(`watch ${id}`)).toMatchObject({ code: 1 });
    expect(await dtq(`cancel ${NOBODY}`)).toMatchObject({ code: 4 });
  });

  it('replay does failed ones again', LONG, async () => {
    const { dtq } = await shell();
    const id = (await dtq('submit quote --delay 1h')).stdout.trim();
    await dtq(`cancel ${id}`);
    const dry = await dtq('replay --error-code cancelled --dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: '1 matched, 0 replayed\n' });
    const { stdout } = await dtq(`replay ${id}`);
    const [, replayed] = new RegExp(`^${id} -> (\\S+)\\n1 matched, 1 replayed\\n$`).exec(stdout) ?? [];
    expect(await dtq(`watch ${replayed}`)).toMatchObject({ code: 0 });
  });

  it('tail tells of jobs as they come and change, until Ctrl-C or its time', LONG, async () => {
    const { dtq } = await shell();
    const id = (await dtq('submit quote --delay 1h')).stdout.trim();
    const tail = dtq('tail --type quote --interval 50', { interruptAt: 'cancelled' });
    await dtq(`cancel ${id}`);
    const { code, stdout } = await tail;
    expect(code).toBe(130);
    expect(stdout).toContain(id);
    expect(await dtq('tail --timeout 300ms --json')).toMatchObject({ code: 0 });
  });

  it('dead-letters, failures and system tell operators', LONG, async () => {
    const { dtq } = await shell();
    expect(await dtq('dead-letters')).toMatchObject({ code: 0, stdout: '', stderr: 'no dead letters\n' });
    expect(await dtq('dead-letters show jobs.weather.v1:0:17')).toMatchObject({ code: 4 });
    expect((await dtq('failures')).code).toBe(0);
    const { code, stdout } = await dtq('system');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kafka +ok /m);
    expect(JSON.parse((await dtq('system --json')).stdout)).toHaveProperty('parts');
  });

  it('Ctrl-C leaves a watch with 130, and the job alone', LONG, async () => {
    const { dtq } = await shell();
    const id = (await dtq('submit quote --delay 1h')).stdout.trim();
    const { code } = await dtq(`watch ${id} --json`, { interruptAt: '"event":"status"' });
    expect(code).toBe(130);
    expect((await dtq(`get ${id}`)).stdout).toMatch(/^state +queued$/m);
  });
});

describe('completion', () => {
  it('knows commands, types, fields, options and their values', LONG, async () => {
    const { dtq } = await lonelyShell();
    const offers = async (words: string): Promise<string[]> =>
      (await dtq(`complete -- ${words}`)).stdout.trimEnd().split('\n');
    expect(await offers('dead')).toEqual(['dead-letters']);
    expect(await offers('submit we')).toEqual(['weather']);
    expect(await offers('submit weather ')).toEqual(['city=', 'country_code=', 'units=metric', 'units=imperial']);
    expect(await offers('submit weather city=Austin c')).toEqual(['country_code=']);
    expect(await offers('submit --priority high weather units=i')).toEqual(['units=imperial']);
    expect(await offers('submit weather --pri')).toEqual(['--priority']);
    expect(await offers('list --state ')).toEqual(['queued', 'running', 'completed', 'failed']);
    expect(await offers('completion z')).toEqual(['zsh']);
  });

  for (const shellName of ['bash', 'zsh', 'fish'] as const) {
    const isThere = spawnSync(shellName, ['-c', 'exit 0']).status === 0;
    it.skipIf(!isThere)(`is a script that ${shellName} takes`, LONG, async () => {
      const { dtq } = await lonelyShell();
      const { stdout } = await dtq(`completion ${shellName}`);
      expect(spawnSync(shellName, ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    });
  }

  it('completes a field in bash', LONG, async () => {
    const { dtq } = await lonelyShell();
    const { stdout: script } = await dtq('completion bash');
    const lines = [
      `PATH=${path.join(folder, 'node_modules/.bin')}:$PATH`,
      script,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
      'COMP_WORDS=(dtq submit weather un); COMP_CWORD=3; _dtq 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"',
    ];
    const { stdout } = spawnSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8', cwd: folder });
    expect(stdout.trimEnd().split('\n')).toEqual(['units=metric', 'units=imperial']);
  });
});

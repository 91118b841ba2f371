import { createClient } from '@dtq/generated/rest/client.ts';
import { spawnProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, readOptions, USAGE } from './options.ts';

const MAIN = 'tools/mock/main.ts';

/** Runs the mock with those arguments, and gives its address once it has printed it. */
async function started(...args: string[]) {
  const program = spawnProgram(MAIN, {}, ['--port', '0', ...args]);
  const url = await eventually(
    'the mock prints where it listens',
    () => /http:\/\/\S+:\d+/.exec(program.output())?.[0],
  );
  return { ...program, url };
}

describe('npm run mock', () => {
  it('prints one line with its address, answers there, and ends with a signal while streams are open', async () => {
    const { url, output, end } = await started();
    expect(output().trim().split('\n')).toHaveLength(1);
    const client = createClient({ baseUrl: url });
    const { data } = await client.submitJob({
      body: { job_type: 'github_user', payload: { username: 'octocat' }, delay: '1h' },
    });
    const events = await fetch(`${url}/v1/jobs/${data?.job_id}/events`);
    expect(events.status).toBe(200);
    const rest = events.text().catch(() => 'cut off');
    expect(await end('SIGINT')).toBe(0);
    await rest;
  });

  it('says what is wrong with an option, and where it cannot listen', async () => {
    const wrong = spawnProgram(MAIN, {}, ['--fail-rate', '2']);
    await eventually('it ends', () => wrong.child.exitCode ?? undefined);
    expect(wrong.output()).toBe('dtq-mock: --fail-rate "2" is not valid: it takes a number from 0 to 1\n');
    const { url } = await started();
    const second = spawnProgram(MAIN, {}, ['--port', new URL(url).port]);
    expect(await eventually('it ends', () => second.child.exitCode ?? undefined)).toBe(1);
    expect(second.output()).toContain('something listens there already');
  });
});

describe('options', () => {
  it('have defaults, and each can be set', () => {
    expect(readOptions([])).toEqual(DEFAULTS);
    const all = [
      '--port',
      '1',
      '--host',
      '::1',
      '--seed',
      '2',
      '--speed',
      '0.5',
      '--latency',
      '3',
      '--fail-rate',
      '1',
      '--past',
      '0',
    ];
    expect(readOptions(all)).toEqual({ port: 1, host: '::1', seed: 2, speed: 0.5, latencyMs: 3, failRate: 1, past: 0 });
    expect(readOptions(['--help'])).toBeNull();
    for (const name of ['port', 'host', 'seed', 'speed', 'latency', 'fail-rate', 'past'])
      expect(USAGE).toContain(`--${name} `);
  });

  it.each([
    [['--port', '-1'], /--port/],
    [['--port', '1.5'], '--port "1.5" is not valid: it takes a whole number from 0 to 65535'],
    [['--speed', ''], '--speed "" is not valid: it takes a number from 0.01 to 10000'],
    [['--nonsense'], /--nonsense.*--help tells them all/],
    [['more'], /more/],
  ])('%j is refused', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

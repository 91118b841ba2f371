import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient, isProblem, type ProblemError } from '@dtq/sdk';
import { type Keys, makeKeys } from '@dtq/testkit/keys.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform } from './platform.ts';
import { makeStranger, type Stranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

// The SDK and its command line over an API process that wants keys.

const LONG = { timeout: 90_000 };
const AUSTIN = { city: 'Austin', units: 'metric' } as const;
const CALLERS = { all: ['submit', 'read', 'operate'], reader: ['read'] } as const;

async function guarded(environment: Readonly<Record<string, string>> = {}): Promise<{
  readonly url: string;
  readonly keys: Keys<keyof typeof CALLERS>;
  readonly output: () => string;
}> {
  const keys = makeKeys(CALLERS);
  const { url, output } = await startPlatform({ API_KEYS_FILE: keys.file, ...environment });
  return { url, keys, output };
}

/** What a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<ProblemError> {
  return (await call.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error,
  )) as ProblemError;
}

describe('the SDK with a key', () => {
  it('does everything, streams included, and without one nothing', LONG, async () => {
    const { url, keys, output } = await guarded();
    const dtq = createClient({ baseUrl: url, apiKey: keys.of.all });
    const job = await dtq.submit('weather', AUSTIN);
    const told: string[] = [];
    for await (const { event } of dtq.watch(job)) told.push(event);
    expect(told.at(-1)).toBe('result');
    expect((await dtq.wait(job)).final_state).toBe('completed');
    const [batch] = await dtq.submitMany([{ type: 'quote', payload: {}, delay: '1h' }]);
    if (batch?.ok) await dtq.cancel(batch.job);
    expect((await dtq.replay({ errorCode: 'cancelled' })).matched).toBe(1);
    expect(await dtq.system()).toHaveProperty('parts');
    const stranger = createClient({ baseUrl: url });
    const watch = async () => {
      for await (const change of stranger.watch(job)) throw new Error(change.event);
    };
    for (const call of [() => stranger.get(job), () => stranger.submit('quote', {}), () => stranger.wait(job), watch])
      expect(isProblem(await refusal(call()), 'unauthenticated')).toBe(true);
    expect((await stranger.health()).status).toBe('ok');
    expect(output()).not.toContain(keys.of.all);
  });

  it('says which role is missing', LONG, async () => {
    const { url, keys } = await guarded();
    const reader = createClient({ baseUrl: url, apiKey: keys.of.reader });
    const error = await refusal(reader.submit('quote', {}));
    expect(error).toMatchObject({ code: 'forbidden', status: 403 });
    expect(error.problem.detail).toBe('The key of reader lacks the role submit.');
  });

  it('takes up another key while it runs, where a function gives it', LONG, async () => {
    const { url, keys } = await guarded();
    let key = keys.of.all;
    const dtq = createClient({ baseUrl: url, apiKey: async () => key });
    await dtq.system();
    const next = keys.add('all', ['read']);
    keys.remove('reader');
    const reader = createClient({ baseUrl: url, apiKey: keys.of.reader });
    await eventually('the old key is locked out', async () =>
      reader.system().then(
        () => false,
        (error: unknown) => isProblem(error, 'unauthenticated'),
      ),
    );
    key = next;
    await dtq.system();
    expect(isProblem(await refusal(dtq.submit('quote', {})), 'forbidden')).toBe(true);
  });

  it('waits out a limit that it meets', LONG, async () => {
    const { url, keys } = await guarded({ API_RATE_LIMIT: '2', API_RATE_BURST: '2' });
    const dtq = createClient({ baseUrl: url, apiKey: keys.of.all });
    const jobs = await Promise.all(Array.from({ length: 6 }, () => dtq.submit('quote', { limit: 1 })));
    expect(new Set(jobs.map(({ job_id }) => job_id)).size).toBe(6);
  });
});

describe('dtq with a key', () => {
  const tarball = useTarball();
  const folder = mkdtempSync(path.join(tmpdir(), 'dtq-cli-'));
  let project: Stranger;
  beforeAll(async () => {
    project = await makeStranger((await tarball()).file, folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes it from a file or the environment', LONG, async () => {
    const { url, keys } = await guarded();
    project.write('key', `${keys.of.all}\n`);
    const byFile = await project.dtq(
      ['submit', 'weather', 'city=Austin', 'units=metric', '--watch', '--key-file', 'key'],
      {
        environment: { DTQ_URL: url, DTQ_API_KEY: 'of-another-api' },
      },
    );
    expect(byFile).toMatchObject({ code: 0, stdout: expect.stringMatching(/^temperature/) });
    const byEnvironment = await project.dtq(['list'], { environment: { DTQ_URL: url, DTQ_API_KEY: keys.of.reader } });
    expect(byEnvironment).toMatchObject({ code: 0, stderr: '' });
  });

  it('says what is wrong with it, and ends with 5', LONG, async () => {
    const { url, keys } = await guarded();
    const dtq = (words: string, key: string) =>
      project.dtq(words.split(' '), { environment: { DTQ_URL: url, DTQ_API_KEY: key } });
    const missing = await dtq('list', '');
    expect(missing.code).toBe(5);
    expect(missing.stderr).toContain('unauthenticated: A key is wanted');
    expect(missing.stderr).toContain('name it with --key-file, or set DTQ_API_KEY');
    const lacking = await dtq('submit quote', keys.of.reader);
    expect(lacking.code).toBe(5);
    expect(lacking.stderr).toContain('The key of reader lacks the role submit.');
    const spoiled = await dtq('list', `${keys.of.all} x`);
    expect(spoiled).toMatchObject({ code: 2, stderr: expect.stringMatching(/^dtq: DTQ_API_KEY holds no key/) });
    for (const { stdout, stderr } of [missing, lacking, spoiled])
      for (const key of Object.values(keys.of)) expect(stdout + stderr).not.toContain(key);
  });

  it('ends with 3 where it asks too often, as soon as it is known that its time is too short', LONG, async () => {
    const { url, keys } = await guarded({ API_RATE_LIMIT: '1', API_RATE_BURST: '1' });
    const all = createClient({ baseUrl: url, apiKey: keys.of.all });
    // Each job counts, and what is owed takes minutes to come back.
    await all.submitMany(Array.from({ length: 300 }, () => ({ type: 'quote', payload: {}, delay: '1h' }) as const));
    const { code, stderr } = await project.dtq(['system', '--timeout', '20s'], {
      environment: { DTQ_URL: url, DTQ_API_KEY: keys.of.all },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('rate_limited');
    const error = await refusal(all.system());
    expect(isProblem(error, 'rate_limited') && error.retryAfterMs).toBeGreaterThanOrEqual(1000);
  });
});

import { randomUUID } from 'node:crypto';
import { systemClock } from '@dtq/core/clock.ts';
import { ConfigReader } from '@dtq/core/config.ts';
import { JobFailure, Unavailable } from '@dtq/core/errors.ts';
import { createLogger, type Logger, readLogOptions } from '@dtq/core/log.ts';
import { startScheduler } from '@dtq/core/scheduler.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { spawnProgram } from '@dtq/testkit/program.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';

// Every line that is written while jobs live all their lives, held to the rules of the log: one JSON object a line, a level, a
// time and words; both ids wherever a job is spoken of; no name twice; no payload from info up; never a secret.

/** Stands in every payload, and in what providers and handlers say of it. */
const PRIVATE = 'Xanadu-on-Alph';
const SECRETS = {
  GITHUB_TOKEN: 'ghp-of-nobody',
  IDEMPOTENCY_SECRET: 'a-secret-of-the-test/+"',
  REDIS_PASSWORD: 'hunter2-hunter2',
};
const PAYLOAD = { city: PRIVATE, units: 'metric' } as const;
const BODY = { job_type: 'weather', payload: PAYLOAD } as const;
const OUTPUT = { temperature: 20.4, condition: PRIVATE, humidity_pct: 61, wind_kph: 13.2 };

type Line = Readonly<Record<string, unknown>>;

function listening(environment: Readonly<Record<string, string>>): { log: Logger; lines: readonly string[] } {
  const reader = new ConfigReader({ LOG_FORMAT: 'json', LOG_LEVEL: 'trace', ...environment });
  for (const name of Object.keys(SECRETS)) reader.raw(name);
  const options = readLogOptions(reader);
  reader.raw('RABBITMQ_URL');
  reader.finish();
  const lines: string[] = [];
  return { log: createLogger(options, { write: (text) => void lines.push(text) }), lines };
}

/** The names of the outermost object of a line, as they stand there. */
function names(line: string): string[] {
  const found: string[] = [];
  // A parser keeps the last of two equal names; so the text itself is read, outside of strings and deeper objects.
  let depth = 0;
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && token.endsWith(':')) found.push(token.slice(1, token.lastIndexOf('"')));
  }
  return found;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** The levels at which a payload may stand in a line, for whoever looks for a fault. */
const FOR_DEBUGGING = new Set(['trace', 'debug']);

function held(text: string): Line {
  expect(text.endsWith('\n'), text).toBe(true);
  expect(text.trimEnd(), 'one line').not.toContain('\n');
  const line = JSON.parse(text) as Line;
  const all = names(text);
  expect(all.length, `${text} names nothing twice`).toBe(new Set(all).size);
  expect(line['level'], text).toMatch(/^(?:trace|debug|info|warn|error|fatal)$/);
  expect(new Date(String(line['time'])).toISOString(), text).toBe(line['time']);
  expect(line['msg'], text).toMatch(/\S/);
  if ('job_id' in line)
    expect([line['job_id'], line['trace_id']], text).toEqual([
      expect.stringMatching(UUID),
      expect.stringMatching(UUID),
    ]);
  if (!FOR_DEBUGGING.has(String(line['level']))) expect(text).not.toContain(PRIVATE);
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  return line;
}

describe('the log', () => {
  it('says of every job, in all that may become of it, what the rules allow and no more', async () => {
    const { log, lines } = listening(SECRETS);
    const tries = new Map<string, number>();
    const { client, backend, request } = await startSystem({
      log,
      environment: { IDEMPOTENCY_SECRET: SECRETS.IDEMPOTENCY_SECRET, WORKER_JOB_TYPES: 'weather' },
      policy: { attempts: 2 },
      // A store that is silent now and then, so that its lines are there too.
      broken: ({ statuses }) => {
        let count = 0;
        return {
          statuses: {
            begin: (start) => statuses.begin(start),
            get: (jobId) => statuses.get(jobId),
            watch: (jobId, onChange) => statuses.watch(jobId, onChange),
            advance: (change) => {
              count += 1;
              return count % 3 === 0 ? Promise.reject(new Unavailable('redis', 'is away')) : statuses.advance(change);
            },
          },
        };
      },
      handlers: {
        weather: async (_payload, { jobId, signal }) => {
          const number = (tries.get(jobId) ?? 0) + 1;
          tries.set(jobId, number);
          const kind = kinds.get(jobId);
          if (kind === 'again' && number === 1) throw new JobFailure('provider_unavailable', `${PRIVATE} is closed`);
          if (kind === 'fails') throw new JobFailure('city_not_found', `no city is called ${PRIVATE}`);
          if (kind === 'defect') throw Object.assign(new Error('a defect'), { document: PAYLOAD });
          if (kind === 'invalid') return { temperature: PRIVATE } as never;
          if (kind === 'cancelled')
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          return OUTPUT;
        },
      },
    });
    const kinds = new Map<string, string>();
    const jobs: string[] = [];
    // The handler must know what to play before the job comes to it: so each is submitted with a key, which determines its id.
    for (const kind of ['completes', 'again', 'fails', 'defect', 'invalid', 'cancelled']) {
      const { data } = await client.submitJob({ body: { ...BODY, delay: '1s' }, headers: { 'Idempotency-Key': kind } });
      kinds.set(String(data?.job_id), kind);
      jobs.push(String(data?.job_id));
    }
    const scheduler = startScheduler({ ...backend, clock: systemClock, log, owner: 'test' }, { everyMs: 50 });
    const batch = await client.submitJobs({
      body: { jobs: [BODY, { job_type: 'weather', payload: { city: PRIVATE } } as never] },
    });
    expect(batch.data).toMatchObject({ accepted: 1, refused: 1 });
    await client.submitJob({ body: { job_type: 'weather', payload: { town: PRIVATE } } as never });
    const expiring = await client.submitJob({
      body: { job_type: 'quote', payload: {}, expires_at: new Date(Date.now() + 1500).toISOString() },
    });
    jobs.push(String(expiring.data?.job_id));
    const poison = {
      job_id: randomUUID(),
      job_type: 'weather',
      trace_id: randomUUID(),
      submitted_at: 'then',
      payload: { city: PRIVATE },
    };
    await backend.queue.put('weather', {
      key: poison.job_id,
      value: new TextEncoder().encode(JSON.stringify(poison)),
      headers: {},
    });
    await backend.queue.put('weather', { key: null, value: new TextEncoder().encode(PRIVATE), headers: {} });
    jobs.push(poison.job_id);
    const cancelled = String(jobs[5]);
    await eventually('the one to cancel runs', () => tries.has(cancelled));
    await client.cancelJob({ params: { path: { job_id: cancelled } } });
    await Promise.all(jobs.map((jobId) => eventually(`${jobId} has ended`, () => backend.results.get(jobId), 15_000)));
    await request(`/v1/jobs/${jobs[0]}/status`);
    const replays = await client.replayJobs({
      body: { filter: { job_type: 'weather', error_code: 'city_not_found' } },
    });
    const [replay] = replays.data?.replays ?? [];
    await eventually('the replay has ended', () => backend.results.get(String(replay?.job_id)), 15_000);
    const letters = await eventually('both are buried', async () => {
      const found = await backend.deadLetters.list({ limit: 10 });
      return found.length === 2 ? found : null;
    });
    await client.replayDeadLetter({
      params: { path: { dead_letter_id: String(letters[0]?.dead_letter_id) } },
      body: { payload: PAYLOAD },
    });
    await scheduler.stop();

    const all = lines.map(held);
    const says = (words: string): Line[] => all.filter(({ msg }) => msg === words);
    for (const words of [
      'accepted',
      'accepted, but its status could not be written',
      'its time has come; it is on the queue',
      'the attempt failed; another is to follow',
      'the handler failed in a way it should not',
      'a message is no job, and goes to the dead letters',
      'nobody has started it in time: it has expired',
      'cancelled',
      'ended',
    ])
      expect(says(words).length, words).toBeGreaterThan(0);
    // What is told of a job names its own trace, which its document has too; a request about it, such as a cancel, that request's.
    const isOfItself = ({ operation = 'submitJob' }: Line): boolean =>
      operation === 'submitJob' || operation === 'submitJobs';
    for (const jobId of [...jobs, String(replay?.job_id)]) {
      const document = await backend.results.get(jobId);
      const own = all.filter((line) => line['job_id'] === jobId && isOfItself(line));
      expect(own.length, jobId).toBeGreaterThan(0);
      expect(new Set(own.map((line) => line['trace_id']))).toEqual(new Set([document?.trace_id]));
    }
    // It is a job's payload that no line may show: the test would pass as well if there were none.
    expect(JSON.stringify(await backend.results.get(String(jobs[0])))).toContain(PRIVATE);
  }, 60_000);

  it('shows of an error its words and causes, of an URL no password, and nothing that hangs on it', () => {
    const { log, lines } = listening({ ...SECRETS, RABBITMQ_URL: 'amqp://dtq:s3cret%2Fpass@127.0.0.1' });
    const cause = Object.assign(new Error('connect amqp://dtq:other-pass@127.0.0.1 failed'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error(`it has ${SECRETS.REDIS_PASSWORD} and s3cret/pass in it`, { cause }), {
      document: PAYLOAD,
    });
    log.error({ err: error, note: `Bearer ${SECRETS.GITHUB_TOKEN}`, secret: SECRETS.IDEMPOTENCY_SECRET }, 'it failed');
    const [line = ''] = lines;
    expect(held(line)).toMatchObject({
      err: {
        type: 'Error',
        message: 'it has *** and *** in it',
        cause: { code: 'ECONNREFUSED', message: 'connect amqp://dtq:***@127.0.0.1 failed' },
      },
      note: 'Bearer ***',
      secret: '***',
    });
    expect(line).not.toMatch(/other-pass|s3cret/);
  });

  it('hides the fields that the configuration names, and leaves out what is below its level', () => {
    const { log, lines } = listening({ LOG_REDACT: 'worker, source.topic', LOG_LEVEL: 'warn' });
    log.info('not this');
    log.warn({ worker: 'host-a', source: { topic: 'jobs', offset: '1' } }, 'this');
    expect(lines.map((line) => JSON.parse(line) as Line)).toMatchObject([
      { worker: '***', source: { topic: '***', offset: '1' } },
    ]);
    const reader = new ConfigReader({ LOG_REDACT: 'a..b' });
    readLogOptions(reader);
    expect(() => reader.finish()).toThrow('LOG_REDACT="a..b" is not valid: it takes comma-separated names of fields');
  });

  it('is for people where it is asked to be', async () => {
    const program = spawnProgram('services/standalone/main.ts', {
      DTQ_DATA_DIR: freshFolder(),
      LOG_FORMAT: 'pretty',
    });
    await eventually('it listens', () => /\d\d:\d\d:\d\d\.\d{3}.* the API listens/.test(program.output()));
    expect(program.output()).not.toContain('{"level"');
  }, 30_000);
});

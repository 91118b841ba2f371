/**
 * A whole native stack of its own, from nothing, through crashes and restarts to nothing. It needs the servers'
 * packages and about a minute (more when they must be installed first), so it runs only when asked:
 * `DTQ_INFRA_LIFECYCLE=1 npx vitest run infra/test/lifecycle.test.ts`.
 */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freezeServer, pidOf, startServer, stopServer, thawServer, tuneMongodb } from '../control.ts';
import { down } from '../down.ts';
import { readEnvironment, type StackEnvironment } from '../environment.ts';
import { mongoClient, probe, redisClient } from '../probe.ts';
import { Progress } from '../progress.ts';
import { readSettings, type Settings } from '../settings.ts';
import { smoke } from '../smoke.ts';
import { MONGO_COLLECTION } from '../stack.ts';
import { status } from '../status.ts';
import { up } from '../up.ts';

const asked = process.env['DTQ_INFRA_LIFECYCLE'] === '1';
const quiet = (): Progress => new Progress({ write: () => undefined });

describe.skipIf(!asked)(`a native stack${asked ? '' : ' (skipped: DTQ_INFRA_LIFECYCLE=1 runs it)'}`, () => {
  // Only a name: `up` makes the folder, and a skipped suite leaves none.
  const dir = join(tmpdir(), `dtq-infra-lifecycle-${process.pid}`);
  const settings = (): Settings =>
    readSettings({ DTQ_INFRA_DIR: dir, DTQ_INFRA: 'native', DTQ_INFRA_PORT_OFFSET: '700' });
  const environment = (): StackEnvironment => {
    const found = readEnvironment(dir);
    if (found === undefined) throw new Error('up left no environment');
    return found;
  };
  const states = async (): Promise<string> => (await status(settings())).map((row) => row.state).join(' ');
  const allReady = /^ready( ready)+$/;

  afterAll(async () => {
    await down(settings(), true, quiet());
    rmSync(dir, { recursive: true, force: true });
  }, 120_000);

  test('comes up from nothing and passes the smoke test', { timeout: 900_000 }, async () => {
    await up(settings(), {}, quiet());
    expect(await states()).toMatch(allReady);
    expect((await smoke(environment())).filter((row) => !row.passed)).toEqual([]);
  });

  test('up leaves alone what runs', { timeout: 60_000 }, async () => {
    const before = (await status(settings())).map((row) => row.pid);
    await up(settings(), {}, quiet());
    expect((await status(settings())).map((row) => row.pid)).toEqual(before);
  });

  test('a frozen server is silent, and goes on when it is thawed', { timeout: 60_000 }, async () => {
    await freezeServer('rabbitmq', settings());
    await expect(probe('rabbitmq', environment(), 1000)).rejects.toThrow();
    await thawServer('rabbitmq', settings());
    await probe('rabbitmq', environment(), 5000);
  });

  test.each(['kafka', 'rabbitmq', 'redis', 'mongodb'] as const)(
    '%s starts again after a crash',
    {
      timeout: 120_000,
    },
    async (server) => {
      const before = pidOf(server, settings());
      await stopServer(server, 'SIGKILL', settings());
      expect(pidOf(server, settings())).toBeUndefined();
      await startServer(server, settings());
      expect(pidOf(server, settings())).not.toBe(before);
      await probe(server, environment());
    },
  );

  test('keeps its data across a crash of all, and across down and up', { timeout: 180_000 }, async () => {
    const redis = redisClient(environment(), 3000);
    await redis.connect();
    await redis.set('kept', 'yes');
    // An append-only file that is synced each second may lose the last one: that is not what is asked here.
    await redis.sendCommand(['WAITAOF', '1', '0', '2000']).catch(() => undefined);
    redis.destroy();
    const mongo = mongoClient(environment().MONGO_URI, 5000);
    await mongo.db('dtq').collection(MONGO_COLLECTION).insertOne({ job_id: 'kept' });
    await mongo.close();

    const pids = (await status(settings())).flatMap((row) => row.pid ?? []);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await up(settings(), {}, quiet());
    expect(await states()).toMatch(allReady);
    await down(settings(), false, quiet());
    expect(await states()).toMatch(/^stopped( stopped)+$/);
    await up(settings(), {}, quiet());

    const again = redisClient(environment(), 3000);
    await again.connect();
    expect(await again.get('kept')).toBe('yes');
    again.destroy();
    const reread = mongoClient(environment().MONGO_URI, 5000);
    expect(await reread.db('dtq').collection(MONGO_COLLECTION).countDocuments({ job_id: 'kept' })).toBe(1);
    await reread.close();
  });

  test('FerretDB gets its index by key as soon as there is a collection', { timeout: 60_000 }, async (context) => {
    if (settings().record?.mongodb !== 'ferretdb') return context.skip('the MongoDB wire is not FerretDB here');
    expect(await tuneMongodb(undefined, settings())).toEqual([MONGO_COLLECTION]);
  });

  test('down --volumes leaves nothing, and a second down is no error', { timeout: 120_000 }, async () => {
    await down(settings(), true, quiet());
    for (const name of ['data', 'run', 'secrets.json', 'env', 'stack.json'])
      expect(existsSync(join(dir, name))).toBe(false);
    await down(settings(), true, quiet());
  });
});

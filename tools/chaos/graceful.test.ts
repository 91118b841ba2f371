import { setTimeout as delay } from 'node:timers/promises';
import { describeWithStack, freshSpace } from '@dtq/backend-distributed/test/stack.ts';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { createClient } from '@dtq/generated/rest/client.ts';
import { hangingProvider } from '@dtq/testkit/hanging-provider.ts';
import { type Program, spawnProgram, startProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { Balancer } from './balancer.ts';
import { checkInvariants } from './invariants.ts';
import { lateServer } from './late-servers.ts';
import { type Load, startLoad } from './load.ts';
import { type Platform, startPlatform } from './platform.ts';

// Starts and stops that nobody should notice, on real processes and real servers.

/** What an API goes on answering for after it has said that it stops: more than the 5 s that an idle connection is kept for. */
const GRACE = '6500ms';

/** Submits until the test is over, however it ends. */
function loading(url: () => string): Load {
  const load = startLoad(url);
  onTestFinished(async () => {
    await load.stop();
  });
  return load;
}

async function accepts(load: Load, more: number): Promise<void> {
  const before = load.submitted.accepted.size;
  await eventually(`${more} more jobs are accepted`, () => load.submitted.accepted.size >= before + more, 60_000);
}

/** Nothing was refused, nothing broke, and every job that was accepted was done. */
async function nobodyNoticed({ space }: Platform, load: Load): Promise<void> {
  const submitted = await load.stop();
  expect({ wrong: submitted.wrong, problems: submitted.problems, broken: submitted.broken }).toEqual({
    wrong: [],
    problems: [],
    broken: 0,
  });
  await checkInvariants(space, submitted);
  const { uri, database, collection } = space.config('worker').mongodb;
  const mongo = new MongoClient(uri);
  try {
    expect(await mongo.db(database).collection(collection).countDocuments({ final_state: 'failed' })).toBe(0);
  } finally {
    await mongo.close();
  }
}

const says = ({ log }: Pick<Program, 'log'>, words: string) =>
  log.find(({ msg }) => String(msg).includes(words)) ?? null;

describeWithStack('a rolling restart while jobs are submitted', () => {
  it('of every API: no request fails, and no job is lost', async () => {
    const platform = await startPlatform({ API_SHUTDOWN_GRACE: GRACE });
    const balancer = new Balancer();
    onTestFinished(() => balancer.end());
    let running: Program[] = [platform.api, await platform.startApi()];
    for (const { url } of running) await balancer.add(url);
    const load = loading(balancer.next);
    await accepts(load, 20);
    for (const old of running) {
      const fresh = await platform.startApi();
      await balancer.add(fresh.url);
      running = [...running.filter((one) => one !== old), fresh];
      const ended = old.end('SIGTERM');
      await balancer.isOut(old.url);
      expect(await ended).toBe(0);
      await accepts(load, 20);
    }
    await nobodyNoticed(platform, load);
  });

  it('of every worker: each job is done, once, and none fails', async () => {
    const platform = await startPlatform();
    const workers = [platform.worker, await platform.startWorker()];
    const load = loading(() => platform.api.url);
    await accepts(load, 20);
    for (const old of workers) {
      await eventually(
        'the new one has its share',
        () => workers.every((one) => says(one, 'joined its group')),
        30_000,
      );
      workers.push(await platform.startWorker());
      await accepts(load, 20);
      expect(await old.end('SIGTERM')).toBe(0);
      await accepts(load, 20);
      if (workers.length === 4) break;
    }
    await nobodyNoticed(platform, load);
  });
});

describeWithStack('a worker that stops with work in flight', () => {
  it('finishes what is done within the drain time', async () => {
    const provider = await hangingProvider();
    const platform = await startPlatform({ ...provider.environment, WORKER_SHUTDOWN_DRAIN_TIMEOUT: '20s' });
    const { data } = await platform.client.submitJob({ body: AUSTIN });
    await eventually('it calls the provider', () => provider.calls() > 0, 30_000);
    const ended = platform.worker.end('SIGTERM');
    await eventually('it stops', () => says(platform.worker, 'stopping'));
    provider.answer();
    expect(await ended).toBe(0);
    const found = await platform.client.getJob({ params: { path: { job_id: String(data?.job_id) } } });
    expect(found.data).toMatchObject({ final_state: 'completed', attempts: [{ number: 1, outcome: 'completed' }] });
  });

  it('hands back the rest, and another does it', async () => {
    const provider = await hangingProvider();
    const platform = await startPlatform({ ...provider.environment, WORKER_SHUTDOWN_DRAIN_TIMEOUT: '1s' });
    const { data } = await platform.client.submitJob({ body: AUSTIN });
    const params = { path: { job_id: String(data?.job_id) } };
    await eventually('it calls the provider', () => provider.calls() > 0, 30_000);
    const began = performance.now();
    expect(await platform.worker.end('SIGTERM')).toBe(0);
    // The drain time, and what ends the connections.
    expect(performance.now() - began).toBeLessThan(15_000);
    expect((await platform.client.getJob({ params })).data).toMatchObject({ state: 'running' });
    provider.answer();
    await platform.startWorker();
    const done = await eventually(
      'another does it',
      async () => {
        const { data: found } = await platform.client.getJob({ params });
        return found !== undefined && 'final_state' in found ? found : null;
      },
      60_000,
    );
    expect(done).toMatchObject({ final_state: 'completed', attempts: [{ number: 1 }, { number: 2 }] });
  });
});

const AUSTIN = {
  job_type: 'weather',
  payload: { city: 'Austin', country_code: 'US', units: 'metric' },
} as const;

describeWithStack('a start while the servers are missing', () => {
  it('waits and says for what; once they are there a job goes through, and nobody started anything again', async () => {
    const space = freshSpace();
    onTestFinished(() => space.remove());
    const { kafka, redis, rabbitmq, mongodb } = space.config('worker');
    await deployTopology({ config: space.config('worker'), log: silentLogger() });
    const rabbitmqUrl = new URL(rabbitmq.url);
    const mongoUrl = new URL(mongodb.uri);
    const late = {
      kafka: await lateServer(String(kafka.brokers[0])),
      redis: await lateServer(`${redis.address.host}:${redis.address.port}`),
      rabbitmq: await lateServer(rabbitmqUrl.host),
      mongodb: await lateServer(mongoUrl.host),
    };
    rabbitmqUrl.host = late.rabbitmq.address;
    mongoUrl.host = late.mongodb.address;
    const environment = {
      ...space.environment,
      KAFKA_BROKERS: late.kafka.address,
      REDIS_ADDR: late.redis.address,
      RABBITMQ_URL: rabbitmqUrl.href,
      MONGO_URI: mongoUrl.href,
      WORKER_HEALTH_ADDR: '127.0.0.1:0',
    };
    const api = await startProgram('services/api/main.ts', environment);
    const worker = spawnProgram('services/worker/main.ts', environment);
    const client = createClient({ baseUrl: api.url });
    for (const program of [api, worker]) {
      const said = await eventually('it says what is missing', () => says(program, 'waits for servers'), 30_000);
      expect(said['waits_for']).toEqual(['kafka', 'redis', 'rabbitmq', 'mongodb']);
    }
    expect((await client.getLiveness()).response.status).toBe(200);
    expect((await client.getReadiness()).response.status).toBe(503);
    for (const server of Object.values(late)) {
      await server.open();
      await delay(200);
    }
    for (const program of [api, worker])
      await eventually('it says that all is there', () => says(program, 'every server answers now'), 60_000);
    await eventually('it is ready', async () => (await client.getReadiness()).response.ok, 30_000);
    const { data } = await client.submitJob({ body: AUSTIN });
    const done = await client.getJob({ params: { path: { job_id: String(data?.job_id) }, query: { wait: '60s' } } });
    expect(done.data).toMatchObject({ final_state: 'completed' });
    expect([api.child.exitCode, worker.child.exitCode]).toEqual([null, null]);
  });
});

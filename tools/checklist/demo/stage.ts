import { rmSync } from 'node:fs';
import path from 'node:path';
import { deployTopology } from '@dtq/backend-distributed/topology.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import { tuneMongodb } from '@dtq/infra/control.ts';
import { freePort } from '@dtq/testkit/free-port.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { urlOf } from '../ground.ts';
import type { Program, Programs } from '../programs.ts';
import { haveServers } from '../servers.ts';
import { openSpace } from '../space.ts';

/** On a slow machine that others load too, in milliseconds. */
const START_MS = 60_000;

/** The platform that a demo plays on. */
export interface Stage {
  /** What it is, for people. */
  readonly words: readonly string[];
  /** The same from the first scene to the last, whatever is restarted. */
  readonly url: string;
  readonly client: Client;
  /** The process that does jobs now. */
  worker(): Program;
  /** Starts one in place of a worker that is gone. */
  startWorker(): Promise<void>;
  readonly logFiles: readonly string[];
  /** Stops in order, and takes away what was made. */
  end(): Promise<void>;
}

/** Where the API is from beginning to end: `API_ADDR` where it names a port, else any port that is free. */
async function addressOf(): Promise<string> {
  const asked = process.env['API_ADDR'];
  return asked === undefined || asked.endsWith(':0') ? `127.0.0.1:${await freePort()}` : asked;
}

/** What the sandbox answers is lifelike and always the same; `PROVIDER_MODE=live` has the real providers. */
const PROVIDERS = { PROVIDER_MODE: process.env['PROVIDER_MODE'] ?? 'sandbox' };

/** An API and a worker, with names of their own on Kafka, RabbitMQ, Redis and MongoDB. Rejects where these cannot be had. */
export async function distributedStage(programs: Programs, signal: AbortSignal): Promise<Stage> {
  const servers = await haveServers(signal);
  const undo: (() => Promise<void>)[] = [servers.release];
  const end = async (): Promise<void> => {
    await programs.endAll();
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    signal.throwIfAborted();
    const space = await openSpace(START_MS);
    undo.push(space.leave, space.remove);
    await space.redis.flushDb();
    const config = space.fresh.config('worker');
    await deployTopology({ config, log: silentLogger() });
    await tuneMongodb(config.mongodb.database);
    const environment = { ...space.environment, ...PROVIDERS };
    const api = programs.start('api', 'services/api/main.ts', { ...environment, API_ADDR: await addressOf() });
    const url = await api.said('the API listens', urlOf, START_MS);
    const client = createClient({ baseUrl: url });
    const start = async (): Promise<Program> => {
      const program = programs.start('worker', 'services/worker/main.ts', {
        ...environment,
        WORKER_HEALTH_ADDR: '127.0.0.1:0',
      });
      const joined = (one: Program) => one.lines().some(({ msg }) => String(msg).includes('joined its group'));
      await program.said('the worker takes jobs', joined, START_MS);
      return program;
    };
    let worker = await start();
    await eventually('every part answers', async () => (await client.getHealth()).response.ok, START_MS);
    return {
      words: [
        `an API and a worker, each a process of its own, on Kafka, RabbitMQ, Redis and MongoDB: ${servers.words}`,
        `names of its own there, all of which go at the end: topics ${space.topicOf('weather')} and its like, database ${space.environment['MONGO_DB']}`,
      ],
      url,
      client,
      worker: () => worker,
      startWorker: async () => {
        worker = await start();
      },
      logFiles: [api.logFile, worker.logFile],
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The whole of dtq in one process over one file, in a folder that is wiped before and after. */
export async function embeddedStage(programs: Programs, folder: string): Promise<Stage> {
  const data = path.join(folder, 'data');
  const wipe = (): void => rmSync(data, { recursive: true, force: true });
  wipe();
  const environment = { ...PROVIDERS, DTQ_DATA_DIR: data, API_ADDR: await addressOf() };
  const start = async (): Promise<Program> => {
    const program = programs.start('dtq', 'services/standalone/main.ts', environment);
    await program.said('dtq listens', urlOf, START_MS);
    return program;
  };
  let program = await start();
  const url = urlOf(program) ?? '';
  return {
    words: [`API, worker and page in one process, over one SQLite file in ${data}, which goes at the end`],
    url,
    client: createClient({ baseUrl: url }),
    worker: () => program,
    startWorker: async () => {
      program = await start();
    },
    logFiles: [program.logFile],
    end: async () => {
      await programs.endAll();
      wipe();
    },
  };
}

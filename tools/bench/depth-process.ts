import { statSync } from 'node:fs';
import path from 'node:path';
import { openEmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import { DATA_FILE } from '@dtq/backend-embedded/database.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { workerOver } from '@dtq/testkit/worker-over.ts';
import { OUTPUT, submitAll, until } from './in-process.ts';
import { submitterOver } from './submitter.ts';

// Jobs that wait in one SQLite file, and what one more costs. Its first argument is what to do, as JSON.

export interface DepthOptions {
  readonly dataDir: string;
  /** Jobs that are submitted until so many wait; then, where it is not 0, so many are submitted and done, and measured. */
  readonly waiting: number;
  readonly measured: number;
}

export interface DepthResult {
  readonly submitUs: number;
  readonly submitCpuUs: number;
  readonly doneUs: number;
  readonly doneCpuUs: number;
  /** Of this process, which has done nothing else, and of the file with its log. */
  readonly memoryMiB: number;
  readonly fileMiB: number;
}

/** Submits at once: enough for groups that fill a transaction while the file is filled. */
const FILLING = 512;
const IN_FLIGHT = 64;
const SAY_EVERY_MS = 2000;

const { dataDir, waiting, measured } = JSON.parse(process.argv[2] ?? '{}') as DepthOptions;
const log = silentLogger();
const backend = await openEmbeddedBackend({ dataDir, log });
const side = { submit: submitterOver(backend, log), ended: () => 0 };
const wait = async (): Promise<number> => (await backend.openJobs.counts()).queued;
const result = measured === 0 ? await fill() : await measure();
await backend.close();
console.log(JSON.stringify({ result }));

async function fill(): Promise<object> {
  const there = await wait();
  const tell = async () =>
    console.log(
      JSON.stringify({ say: `${(await wait()).toLocaleString('en')} of ${waiting.toLocaleString('en')} wait` }),
    );
  const timer = setInterval(() => void tell(), SAY_EVERY_MS);
  await submitAll(side, there, waiting - there, FILLING);
  clearInterval(timer);
  return {};
}

async function measure(): Promise<DepthResult> {
  await submitAll(side, 0, measured, IN_FLIGHT);
  const submits = await timed(() => submitAll(side, measured, measured, IN_FLIGHT));
  const before = (await backend.results.counts()).completed;
  const done = async (): Promise<number> => (await backend.results.counts()).completed - before;
  const worker = await workerOver(backend, { handlers: { weather: async () => OUTPUT }, log });
  await until(async () => (await done()) >= measured);
  let [began, counted] = [0, 0];
  const ends = await timed(async () => {
    began = await done();
    await until(async () => {
      counted = await done();
      return counted >= 2 * measured;
    });
  });
  await worker.stop();
  const size = (suffix: string): number =>
    statSync(path.join(dataDir, `${DATA_FILE}${suffix}`), { throwIfNoEntry: false })?.size ?? 0;
  return {
    submitUs: submits.us / measured,
    submitCpuUs: submits.cpuUs / measured,
    doneUs: ends.us / (counted - began),
    doneCpuUs: ends.cpuUs / (counted - began),
    memoryMiB: process.memoryUsage.rss() / 2 ** 20,
    fileMiB: (size('') + size('-wal')) / 2 ** 20,
  };
}

async function timed(work: () => Promise<void>): Promise<{ readonly us: number; readonly cpuUs: number }> {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { us: (performance.now() - began) * 1000, cpuUs: user + system };
}

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '@dtq/core/errors.ts';
import { runStep, runSteps, type Step, type StepResult } from './checklist.ts';
import { runFolder } from './folder.ts';
import { startGate } from './gate.ts';
import { Ground } from './ground.ts';
import { runInterruptible } from './interrupts.ts';
import { Pages } from './page.ts';
import { Programs } from './programs.ts';
import { startProvider } from './provider.ts';
import { countLine, toMarkdown } from './render.ts';
import { haveServers } from './servers.ts';
import { openSpace } from './space.ts';
import { failingJobs } from './steps/failing.ts';
import { serversAndApi, worker } from './steps/health.ts';
import { committedAfterwards, messageByKey } from './steps/kafka.ts';
import { limitations, takeDown } from './steps/last.ts';
import { bothIds } from './steps/logs.ts';
import { theDocument } from './steps/mongodb.ts';
import { wipeAndDeploy } from './steps/nothing-to-start.ts';
import { whatTheApiAsks, whatTheWorkerAnswers } from './steps/rabbitmq.ts';
import { milestones, queuedInRedis } from './steps/redis.ts';
import { theEnd } from './steps/rest.ts';
import { everythingRestarted, workerKilled } from './steps/restarts.ts';
import { shownOnThePage, throughThePage } from './steps/submit.ts';
import { Terminal } from './terminal.ts';

// The first-week test checklist as one command: npm run check:week1 [-- --out FOLDER --patience SECONDS]. It brings the servers
// up where they are not, takes names of its own on them, runs a real API and a real worker, and holds each step to the contracts.
// The programs get the environment of the command, so that a configuration can be checked too.

/** In the order of the checklist: until the worker starts the first job waits, and can be looked at everywhere. */
const STEPS: readonly Step<Ground>[] = [
  wipeAndDeploy,
  serversAndApi,
  throughThePage,
  messageByKey,
  queuedInRedis,
  whatTheApiAsks,
  worker,
  milestones,
  theEnd,
  shownOnThePage,
  theDocument,
  bothIds,
  whatTheWorkerAnswers,
  committedAfterwards,
  failingJobs,
  workerKilled,
  everythingRestarted,
  limitations,
];

const PATIENCE_S = 60;

const terminal = new Terminal((text) => void process.stdout.write(text), process.stdout.isTTY === true);

await runInterruptible(
  'check:week1',
  (text) => terminal.line(text),
  async (signal) => {
    const { values } = parseArgs({ options: { out: { type: 'string' }, patience: { type: 'string' } } });
    const patienceMs = 1000 * Number(values.patience ?? PATIENCE_S);
    if (!(patienceMs > 0)) throw new StartError(`--patience is "${values.patience}" but must be a number of seconds`);
    const folder = runFolder(values.out, 'week1');
    const began = performance.now();
    const results = await check(folder, patienceMs, signal);
    const seconds = Math.round((performance.now() - began) / 1000);
    const about = [`\`npm run check:week1\`, ${new Date().toISOString()}, Node ${process.version}, ${seconds} s.`];
    const report = path.join(folder, 'report.md');
    writeFileSync(report, toMarkdown({ title: 'The first-week checklist', about, results, folder }));
    terminal.line(`the evidence is kept in ${report}`);
    terminal.line(countLine(results));
    return results.every(({ passed }) => passed) ? 0 : 1;
  },
);

async function check(folder: string, patienceMs: number, signal: AbortSignal): Promise<readonly StepResult[]> {
  const { words: servers, release } = await haveServers(signal);
  try {
    const space = await openSpace(patienceMs);
    const parts = { folder, servers, space, patienceMs, programs: new Programs(folder), pages: new Pages(folder) };
    const { hostname, port } = new URL(space.environment['MONGO_URI'] ?? '');
    const [provider, gate] = await Promise.all([startProvider(), startGate(hostname, Number(port))]);
    const ground = new Ground({ ...parts, provider, gate });
    try {
      const results = await runSteps(STEPS, ground, terminal, signal);
      const last = await runStep(takeDown, ground, terminal);
      terminal.onResult(last);
      return [...results, last];
    } finally {
      await space.leave();
    }
  } finally {
    await release();
  }
}

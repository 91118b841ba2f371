import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { fill } from './demo/fill.ts';
import { play } from './demo/play.ts';
import { SCENES } from './demo/scenes.ts';
import { distributedStage, embeddedStage, type Stage } from './demo/stage.ts';
import { runFolder } from './folder.ts';
import { runInterruptible } from './interrupts.ts';
import { knownLimitations, LIMITATIONS_DOCUMENT } from './limitations.ts';
import { hasBrowser, NO_BROWSER, Pages } from './page.ts';
import { Programs } from './programs.ts';

// dtq shown to others, scene by scene: npm run demo [-- --yes --embedded --out FOLDER]. On a terminal Enter leads to the next scene.
// What a scene shows is looked at too: the exit code is 1 where something is not as it is told.

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await runInterruptible('demo', say, async (signal) => {
  const { values } = parseArgs({
    options: {
      yes: { type: 'boolean', default: false },
      embedded: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const folder = runFolder(values.out, 'demo');
  const pages = new Pages(folder);
  const stage = await open(folder, values.embedded, signal);
  try {
    const waits = process.stdin.isTTY === true && !values.yes;
    const faults = await show(stage, pages, waits, signal);
    say('');
    say(faults.length === 0 ? 'everything was as it is told' : 'not as it is told:');
    for (const fault of faults) say(`  ${fault}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    say('stopping, and taking away what was made');
    await pages.close();
    await stage.end();
    say(`pictures and logs are in ${folder}`);
  }
});

async function open(folder: string, isEmbedded: boolean, signal: AbortSignal): Promise<Stage> {
  if (!isEmbedded) {
    try {
      return await distributedStage(new Programs(folder), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      say(`the servers cannot be had (${(error as Error).message}): the demo goes on without them, over one file`);
    }
  }
  return embeddedStage(new Programs(folder), folder);
}

async function show(stage: Stage, pages: Pages, waits: boolean, signal: AbortSignal): Promise<string[]> {
  say('');
  say('dtq, a distributed job platform');
  for (const line of stage.words) say(`  ${line}`);
  say(`  the page: ${stage.url}   the contracts: ${stage.url}/docs`);
  say(`  to type along in another terminal: export DTQ_URL=${stage.url}`);
  if (!hasBrowser()) say(`  no pictures: ${NO_BROWSER}`);
  say('  it is being filled with jobs');
  const filled = await fill(stage.client);
  say(`  ${filled.batch} jobs in a batch, and some with a story: retried, failed, scheduled, cancelled`);

  const input = waits ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  // Ctrl-C while it waits is a Ctrl-C for the whole.
  input?.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const pause = async (): Promise<void> => {
    if (input !== undefined) await input.question('\n  Enter goes on ', { signal });
  };
  const faults: string[] = [];
  try {
    await pause();
    const story = { stage, filled, said: new Map<string, string>() };
    for (const [index, scene] of SCENES.entries()) {
      signal.throwIfAborted();
      faults.push(...(await play(scene, `${index + 1}/${SCENES.length}`, story, { say, pause, pages })));
    }
  } finally {
    input?.close();
  }
  say('');
  say(`── Known limitations (${LIMITATIONS_DOCUMENT})`);
  for (const one of knownLimitations()) say(`  - ${one}`);
  return faults;
}

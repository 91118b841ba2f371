import { writeFileSync } from 'node:fs';
import { stack } from '@dtq/backend-distributed/test/stack.ts';
import { describeMachine } from '@dtq/bench/machine.ts';
import { Programs } from '@dtq/bench/programs.ts';
import { StartError } from '@dtq/core/errors.ts';
import { runMain } from '@dtq/core/main.ts';
import { readOptions } from './options.ts';
import { isGood, toJson, toText } from './report.ts';
import { soak } from './run.ts';
import { sayTo } from './say.ts';

// npm run soak [-- --minutes N --seed N --out FILE]: the platform at half of what it can do while its processes are killed,
// stopped and frozen. Exit code 1 where something was lost or doubled, or grows.

await runMain('soak', async () => {
  const options = readOptions(process.argv.slice(2));
  try {
    stack();
  } catch (error) {
    throw new StartError('the servers are not up: npm run infra:up', { cause: error });
  }
  const machine = describeMachine();
  const stopping = new AbortController();
  const programs = new Programs(false, () => stopping.abort());
  const say = sayTo(process.stderr);
  say.note(`seed ${options.seed}: the same again by --seed ${options.seed}`);
  let isKept = true;
  try {
    const result = await soak(options, programs, say, stopping.signal);
    say.end();
    console.log(toText(result, options));
    if (options.out !== undefined) writeFileSync(options.out, toJson(result, options, machine));
    isKept = !result.verdicts.every(isGood);
    if (isKept) process.exitCode = 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    isKept = false;
    console.error('\nsoak: stopped; what it had made on the servers is taken away');
    process.exitCode = 1;
  } finally {
    await programs.close(isKept);
    if (isKept) console.error(`soak: the logs of all processes: ${programs.folder}`);
  }
});

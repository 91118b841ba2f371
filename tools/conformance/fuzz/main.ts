import { parseArgs } from 'node:util';
import { keyOf } from '../options.ts';
import { fetchWithKey } from '../with-key.ts';
import { fuzz, POISON, shownRun } from './run.ts';

// Attacks an API with requests made from its OpenAPI document: a running one, or one of its own in this process.

const USAGE = `usage: npm run fuzz -- [--requests 10000] [--seed N] [--api URL [--key-file FILE]] [--concurrency 8]

Without --api an API and a worker over a fresh embedded backend are attacked, in this process. The seed makes the requests;
it is printed, and the same seed makes the same ones. An API that wants a key gets that in FILE, or in DTQ_API_KEY.

exit code: 0 nothing found, 1 findings, 2 wrong options`;

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { requests: text, seed: text, api: text, 'key-file': text, concurrency: text, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const seed = whole('--seed', values.seed, Math.floor(Math.random() * 2 ** 31));
  const requests = whole('--requests', values.requests, 10_000);
  const concurrency = whole('--concurrency', values.concurrency, 8);
  if (values.api !== undefined && !URL.canParse(values.api))
    throw new Error(`--api takes a URL, not ${JSON.stringify(values.api)}`);
  const key = keyOf(values['key-file'], process.env);
  const own =
    values.api === undefined
      ? await (await import('../test/embedded-server.ts')).embeddedServer({ REQUEST_TIMEOUT: '30s' })
      : null;
  console.log(`seed ${seed}: ${requests} requests to ${values.api ?? 'an API in this process'}`);
  try {
    for (const text of POISON) await own?.poison(text);
    const run = await fuzz({
      requests,
      seed,
      concurrency,
      isRemote: own === null,
      api: values.api ?? 'http://dtq.test',
      fetch: own?.fetch ?? fetchWithKey(key),
      onProgress: (done, findings) => {
        if (process.stdout.isTTY) process.stdout.write(`\r  ${done} of ${requests}, ${findings} findings`);
      },
    });
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    console.log(shownRun(run));
    return run.findings.length === 0 ? 0 : 1;
  } finally {
    await own?.close();
  }
}

function whole(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${option} takes a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${(error as Error).message}; --help tells all options`);
  process.exitCode = 2;
}

import autocannon from 'autocannon';
import type { LoadOptions, LoadResult } from './load.ts';
import { percentile } from './statistics.ts';

// The process that makes a load; its first argument is what is to be asked, as JSON, and it prints what it found.

/** Until the load itself runs as fast as it will; of a short one the first half. */
const SETTLE_MS = 1000;

const { url, method, body, connections, seconds, amount } = JSON.parse(process.argv[2] ?? '{}') as Omit<
  LoadOptions,
  'processes'
>;
const latencies: number[] = [];
let answers = 0;
let last = 0;
let refused = 0;
let broken = 0;

const done = Promise.withResolvers<void>();
const options = {
  url,
  method,
  connections,
  ...(amount === undefined ? { duration: seconds } : { amount }),
  ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
};
const settleMs = amount === undefined ? Math.min(SETTLE_MS, (seconds * 1000) / 2) : 0;
const beganAt = Date.now();
const instance = autocannon(options, (error: unknown) => (error ? done.reject(error) : done.resolve()));
const began = performance.now();
// autocannon's own histogram knows whole milliseconds only.
instance.on('response', (_client, status, _bytes, ms) => {
  answers += 1;
  last = performance.now();
  if (status < 200 || status > 299) refused += 1;
  else if (performance.now() - began > settleMs) latencies.push(ms);
});
instance.on('reqError', () => {
  broken += 1;
});
await done.promise;
// autocannon notices only every second that it is done.
const countedSeconds = (last - began - settleMs) / 1000;
latencies.sort((a, b) => a - b);
const result: LoadResult = {
  beganAt,
  answers,
  rate: latencies.length / countedSeconds,
  p50: percentile(latencies, 0.5),
  p99: percentile(latencies, 0.99),
  refused,
  broken,
};
process.stdout.write(JSON.stringify(result));

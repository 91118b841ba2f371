import { randomUUID } from 'node:crypto';
import { Agent, get, type IncomingMessage } from 'node:http';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import { EventParser } from '@dtq/testkit/events.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { cpuMs, memoryMiB } from './cpu.ts';
import { changeOf, openWriter, type WriterKind, writtenAt } from './event-writer.ts';
import { percentile } from './statistics.ts';

// Many clients of event streams in one process, and the one who writes what they follow. Its first argument is what to do.

export interface EventOptions {
  readonly api: string;
  readonly writer: WriterKind;
  readonly clients: number;
  /** Each is followed by as many clients. */
  readonly jobs: number;
  /** Changes of each job, and the time between two writes. */
  readonly changes: number;
  readonly everyMs: number;
  /** Whose time on a core counts. */
  readonly serverPid?: number | undefined;
}

export interface EventResult {
  /** From before the write to the client's having read the event, in ms. */
  readonly p50: number;
  readonly p99: number;
  readonly serverCpuUs?: number | undefined;
  readonly serverMiB?: number | undefined;
}

const CONNECTING_AT_ONCE = 50;
const ARRIVE_MS = 60_000;

const options = JSON.parse(process.argv[2] ?? '{}') as EventOptions;
const { api, clients, changes, everyMs, serverPid } = options;
const write = await openWriter(options.writer);
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const jobs = Array.from({ length: options.jobs }, () => randomUUID());
const delays: number[] = [];
let connected = 0;
let arrived = 0;

for (const id of jobs) await write(changeOf(id, 0));
for (let first = 0; first < clients; first += CONNECTING_AT_ONCE) {
  const some = Math.min(CONNECTING_AT_ONCE, clients - first);
  for (let index = first; index < first + some; index += 1) void follow(jobs[index % jobs.length] ?? '');
  await eventually(`${first + some} clients follow`, () => connected >= first + some, ARRIVE_MS);
}
const before = cpuMs(serverPid);
let next = performance.now();
for (let number = 1; number <= changes; number += 1) {
  for (const id of jobs) {
    next += everyMs;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    await write(changeOf(id, number));
  }
}
const events = changes * clients;
await eventually(`${events} events arrive`, () => arrived >= events, ARRIVE_MS);
const after = cpuMs(serverPid);
delays.sort((a, b) => a - b);
const result: EventResult = {
  p50: percentile(delays, 0.5),
  p99: percentile(delays, 0.99),
  serverCpuUs: before === undefined || after === undefined ? undefined : ((after - before) * 1000) / events,
  serverMiB: memoryMiB(serverPid),
};
console.log(JSON.stringify({ result }));
process.exit(0);

/** Reads a stream for ever; its first event is what stood there before, all others count. */
async function follow(job_id: string): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${api}${operationPath('watchJob', { job_id })}`, { agent }, resolve).on('error', reject),
  );
  if (response.statusCode !== 200) throw new Error(`a stream was answered with ${response.statusCode}`);
  const parser = new EventParser();
  let isFirst = true;
  for await (const chunk of response) {
    for (const { data } of parser.push(String(chunk))) {
      if (data === undefined) continue;
      const now = performance.timeOrigin + performance.now();
      if (isFirst) connected += 1;
      else {
        arrived += 1;
        const at = writtenAt(data as { message?: unknown });
        if (at !== null) delays.push(now - at);
      }
      isFirst = false;
    }
  }
}

import { heldToContract } from '@dtq/testkit/contract-response.ts';
import fc from 'fast-check';
import type { Fetch } from '../http.ts';
import { statusFault } from './judge.ts';
import { type Plan, request as requests, type Text } from './requests.ts';

/** An answer that the document does not allow, and the request that it was given to. */
export interface Finding {
  /** Of all requests of the run, from 1. */
  readonly number: number;
  readonly request: string;
  readonly fault: string;
}

export interface Run {
  readonly seed: number;
  readonly requests: number;
  readonly ms: number;
  /** How often each operation (or path of none) was answered with each status. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly requests: number;
  readonly seed: number;
  readonly api: string;
  readonly fetch: Fetch;
  /** Whether the requests go over a socket, where a client cannot lie about the length of what it sends. */
  readonly isRemote?: boolean;
  /** Requests at once. */
  readonly concurrency?: number;
  readonly onProgress?: (done: number, findings: number) => void;
}

/** An answer that takes longer is one that hangs, in milliseconds. */
const HANG_MS = 20_000;

/** An event stream of a job that does not end is left after this, in milliseconds. */
const STREAM_MS = 40;

/** So many requests are made at a time, lest all of their long texts be there at once. */
const BATCH = 250;

/** Messages that are no jobs, so that there are dead letters to ask for. */
export const POISON: readonly string[] = ['{', '{}', '{"job_type":"weather","payload":{"city":7}}', '[1]', '"\\ud800"'];

/** Ids that the API gave, which later requests ask for. */
class Known {
  readonly #ids: Record<'job' | 'dead letter' | 'cursor' | 'key', string[]> = {
    job: [],
    'dead letter': [],
    cursor: [],
    key: [],
  };

  resolve(text: Text): string {
    if (typeof text === 'string') return text;
    const ids = this.#ids[text.link];
    const id = ids[Math.floor((text.place / 1000) * ids.length)] ?? text.otherwise;
    if (text.link === 'key' && ids.length < 20) ids.push(id);
    return id;
  }

  /** Takes every id that stands in a body. */
  learn(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) {
      if (name === 'job_id' && typeof item === 'string') this.#keep('job', item);
      else if (name === 'dead_letter_id' && typeof item === 'string') this.#keep('dead letter', item);
      else if (name === 'next_cursor' && typeof item === 'string') this.#keep('cursor', item);
      else this.learn(item);
    }
  }

  #keep(kind: 'job' | 'dead letter' | 'cursor', id: string): void {
    const ids = this.#ids[kind];
    if (ids.length < 500) ids.push(id);
    else ids[Math.floor(Math.random() * ids.length)] = id;
  }
}

/** Sends the requests of a seed and holds every answer to the document. */
export async function fuzz({
  requests: count,
  seed,
  api,
  fetch,
  concurrency = 8,
  isRemote = false,
  onProgress,
}: RunOptions): Promise<Run> {
  const before = performance.now();
  const known = new Known();
  const answers = new Map<string, Map<number, number>>();
  const findings: Finding[] = [];
  let number = 0;
  const attack = async (plan: Plan): Promise<void> => {
    number += 1;
    const own = number;
    const sent = made(plan, api, known, isRemote);
    try {
      const response = await inTime(fetch(sent.request.clone()), HANG_MS, 'there is no answer');
      const held = await inTime(heldToContract(sent.request, response), HANG_MS, 'the answer has no end');
      const of = answers.get(sent.name) ?? new Map<number, number>();
      answers.set(sent.name, of.set(response.status, (of.get(response.status) ?? 0) + 1));
      const fault = statusFault(sent, response.status);
      if (fault !== null) findings.push({ number: own, request: sent.shown, fault });
      const told = await read(held);
      if (response.ok) known.learn(told);
    } catch (error) {
      findings.push({
        number: own,
        request: sent.shown,
        fault: error instanceof Error ? error.message : String(error),
      });
    }
    if (own % BATCH === 0) onProgress?.(own, findings.length);
  };
  for (let batch = 0; batch * BATCH < count; batch += 1) {
    const plans = fc.sample(requests, { seed: seed + batch, numRuns: Math.min(BATCH, count - batch * BATCH) }).values();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (const plan of plans) await attack(plan);
      }),
    );
  }
  return { seed, requests: number, ms: Math.round(performance.now() - before), answers, findings };
}

function made(plan: Plan, api: string, known: Known, isRemote: boolean) {
  const path = plan.path.map((part) => known.resolve(part)).join('');
  const query = plan.query.map(([name, value]) => [name, known.resolve(value)] as const);
  const search = query.map(([name, value]) => `${quoted(name)}=${quoted(value)}`).join('&');
  const headers = new Headers();
  for (const [name, value] of plan.headers) headers.append(name, known.resolve(value));
  if (isRemote) headers.delete('content-length');
  const url = new URL(`${api.replace(/\/$/, '')}${path}${search === '' ? '' : `?${search}`}`);
  const { body, method, operation, json } = plan;
  const init: RequestInit & { duplex?: 'half' } = {
    method,
    headers,
    ...(body === null ? {} : { body: body.isChunked ? chunked(body.bytes) : (body.bytes as Uint8Array<ArrayBuffer>) }),
    ...(body?.isChunked === true ? { duplex: 'half' as const } : {}),
  };
  const name = operation === null ? `${method} elsewhere` : operation.id;
  const shownBody =
    body === null
      ? ''
      : ` ${JSON.stringify(Buffer.from(body.bytes.subarray(0, 600)).toString())}${body.bytes.length > 600 ? ` … ${body.bytes.length} bytes` : ''}`;
  return {
    request: new Request(url, init),
    name,
    operation,
    query,
    json,
    hasBody: body !== null,
    contentType: plan.headers.filter(([one]) => one.startsWith('content-')).map(([, value]) => String(value)),
    shown: `${method} ${shortened(url.pathname + url.search)} ${shortened(JSON.stringify(Object.fromEntries(headers)))}${shownBody}`,
  };
}

function shortened(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)} … ${text.length} characters` : text;
}

function quoted(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (let at = 0; at < bytes.length; at += 4096) controller.enqueue(bytes.subarray(at, at + 4096));
      controller.close();
    },
  });
}

/** The JSON of an answer; of a stream as much as comes in a moment, for the sake of holding it to the document. */
async function read(response: Response): Promise<unknown> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
  const reader = response.body?.getReader();
  if (reader === undefined) return undefined;
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), STREAM_MS);
  try {
    while (!(await reader.read()).done);
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

async function inTime<T>(work: Promise<T>, ms: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A run for a terminal. */
export function shownRun({ seed, requests: count, ms, answers, findings }: Run): string {
  const rows = [...answers]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, statuses]) => {
      const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status} ×${times}`);
      return `  ${name.padEnd(20)} ${told.join('  ')}`;
    });
  const shown = findings.slice(0, 20).map(({ number, request, fault }) => `\n#${number} ${request}\n  ${fault}`);
  const verdict = findings.length === 0 ? 'nothing found' : `${findings.length} findings`;
  return [...rows, `seed ${seed}: ${count} requests in ${(ms / 1000).toFixed(1)} s: ${verdict}`, ...shown].join('\n');
}

import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { heldToContract } from '@dtq/testkit/contract-response.ts';
import { onTestFinished } from 'vitest';
import { type AppOptions, createApp } from '../app.ts';
import { DEFAULTS } from '../options.ts';

const BASE = 'http://mock.test';
/** A body that every submit takes. */
export const WEATHER = { job_type: 'weather', payload: { city: 'Austin', units: 'metric' } } as const;

export interface TestMock {
  readonly client: Client;
  /** Any request; its answer has been held to the OpenAPI document, as every answer to the client has. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** A mock whose jobs take no time to speak of. */
export function startMock(options: Partial<AppOptions> = {}): TestMock {
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const app = createApp({ ...DEFAULTS, past: 0, failRate: 0, speed: 200, closing: closing.signal, ...options });
  const call = async (request: Request): Promise<Response> => heldToContract(request, await app(request));
  return {
    client: createClient({ baseUrl: BASE, fetch: call }),
    request: (path, init) => call(new Request(new URL(path, BASE), init)),
  };
}

/** The id of a job that was submitted with that header. */
export async function submitted({ client }: TestMock, prefer: string, body: object = WEATHER): Promise<string> {
  const { data, error } = await client.submitJob({ body: body as typeof WEATHER, headers: { prefer } });
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data.job_id;
}

/** The document of a job, once it has ended. */
export async function ended({ client }: TestMock, job_id: string): Promise<JobResult> {
  const { data } = await client.getJob({ params: { path: { job_id }, query: { wait: '60s' } } });
  if (data === undefined || !('final_state' in data)) throw new Error(`it has not ended: ${JSON.stringify(data)}`);
  return data;
}

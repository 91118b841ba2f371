import { type KafkaWire, openKafka } from '@dtq/conformance/wires/kafka.ts';
import { type Client, createClient } from '@dtq/generated/rest/client.ts';
import type { JobAccepted, JobResult, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import type { Page } from 'playwright-core';
import type { Gate } from './gate.ts';
import type { Pages } from './page.ts';
import type { Program, Programs } from './programs.ts';
import type { Provider } from './provider.ts';
import type { Space } from './space.ts';
import { type StatusWatch, watchStatus } from './status-watch.ts';

/** A city that the provider knows. */
export const AUSTIN = {
  job_type: 'weather',
  payload: { city: 'Austin', country_code: 'US', units: 'metric' },
} as const satisfies SubmitJobRequest;

export interface Api {
  readonly program: Program;
  readonly url: string;
  readonly client: Client;
}

export interface GroundParts {
  /** Where report, pictures and logs go. */
  readonly folder: string;
  readonly servers: string;
  readonly space: Space;
  readonly programs: Programs;
  readonly provider: Provider;
  /** Stands between the worker and MongoDB. */
  readonly gate: Gate;
  readonly pages: Pages;
  /** How long a fact may take to come true, in milliseconds. */
  readonly patienceMs: number;
}

/** What the steps work on, and what each leaves for those after it. */
export class Ground {
  readonly parts: GroundParts;
  #api: Api | undefined;
  #worker: Program | undefined;
  #job: JobAccepted | undefined;
  #kafka: KafkaWire | undefined;
  #statuses: StatusWatch | undefined;
  /** The page that the job was submitted through, still open. */
  page: Page | undefined;

  constructor(parts: GroundParts) {
    this.parts = parts;
  }

  get api(): Api {
    if (this.#api === undefined) throw new Error('no API runs');
    return this.#api;
  }

  get worker(): Program {
    if (this.#worker === undefined) throw new Error('no worker runs');
    return this.#worker;
  }

  get kafka(): KafkaWire {
    if (this.#kafka === undefined) throw new Error('the topics are not read');
    return this.#kafka;
  }

  /** What is told of the job since it was submitted. */
  get statuses(): StatusWatch {
    if (this.#statuses === undefined) throw new Error('the job is not followed in Redis');
    return this.#statuses;
  }

  /** Follows a job in Redis from now on. */
  async follow(job_id: string): Promise<void> {
    this.#statuses = await watchStatus(this.parts.space.redis, job_id);
  }

  /** Reads the topics from now on. */
  async readTopics(): Promise<void> {
    const { space } = this.parts;
    this.#kafka = await openKafka(space.brokers, space.topics);
  }

  async startApi(): Promise<Api> {
    const { programs, space, patienceMs } = this.parts;
    const environment = { ...space.environment, API_ADDR: '127.0.0.1:0' };
    const program = programs.start('api', 'services/api/main.ts', environment);
    const url = await program.said('the API listens', urlOf, patienceMs);
    const client = createClient({ baseUrl: url });
    await this.until('every part answers to the API', async () => (await client.getHealth()).response.ok);
    this.#api = { program, url, client };
    return this.#api;
  }

  async startWorker(): Promise<Program> {
    const { programs, space, provider, gate, patienceMs } = this.parts;
    const mongo = new URL(space.environment['MONGO_URI'] ?? '');
    mongo.host = `127.0.0.1:${gate.port}`;
    const program = programs.start('worker', 'services/worker/main.ts', {
      ...space.environment,
      ...provider.environment,
      MONGO_URI: mongo.href,
      WORKER_HEALTH_ADDR: '127.0.0.1:0',
    });
    await program.said('the worker takes jobs', urlOf, patienceMs);
    this.#worker = program;
    return program;
  }

  /** The first job: the page's, or where there is none one that is submitted over REST. */
  async job(): Promise<JobAccepted> {
    this.#job ??= await this.submit(AUSTIN);
    return this.#job;
  }

  takeJob(job: JobAccepted): void {
    this.#job = job;
  }

  async submit(body: SubmitJobRequest): Promise<JobAccepted> {
    const { data, error } = await this.api.client.submitJob({ body });
    if (data === undefined) throw new Error(`not accepted: ${JSON.stringify(error)}`);
    return data;
  }

  /** Waits until a job has ended; gives its document, as REST has it. */
  ended(job_id: string): Promise<JobResult> {
    return this.until(`job ${job_id} has ended`, async () => {
      const { data } = await this.api.client.getJob({ params: { path: { job_id } } });
      return data !== undefined && 'final_state' in data ? data : null;
    });
  }

  /** Waits until a job has come so far, as REST has it. */
  async reached(job_id: string, progress: number): Promise<void> {
    await this.until(`job ${job_id} is at ${progress} %`, async () => {
      const { data } = await this.api.client.getJob({ params: { path: { job_id } } });
      return data !== undefined && 'progress_percent' in data && data.progress_percent === progress;
    });
  }

  until<T>(what: string, ask: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>> {
    return eventually(what, ask, this.parts.patienceMs);
  }

  /** Ends what runs and lets go of what is open; what stands on the servers stays. */
  async end(): Promise<void> {
    const { provider, gate, programs, pages } = this.parts;
    provider.release();
    gate.open();
    await Promise.allSettled([pages.close(), programs.endAll(), this.#statuses?.end(), this.#kafka?.close()]);
    provider.close();
    gate.close();
  }
}

/** Where a program says that it can be reached. */
export function urlOf(program: Program): string | undefined {
  const url = program.lines().find((line) => 'url' in line)?.['url'];
  return typeof url === 'string' ? url : undefined;
}

import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS } from '@dtq/generated/storage/job-results.ts';
import { JOB_STATUS } from '@dtq/generated/storage/job-status.ts';
import type { Fetch } from './http.ts';
import type { Part } from './parts.ts';

/** A job as a submit names it. */
export interface Submittable {
  readonly job_type: JobType;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What the kit is pointed at. */
export interface Settings {
  /** The address of the API, such as http://127.0.0.1:8080. */
  readonly api: string;
  /** Brokers, comma-separated. */
  readonly kafka?: string | undefined;
  /** amqp://… */
  readonly amqp?: string | undefined;
  /** redis://… */
  readonly redis?: string | undefined;
  /** mongodb://… */
  readonly mongo?: string | undefined;
  /** Names of the topics; `%s` is the job type. */
  readonly topicTemplate: string;
  /** The consumer group of a type is this, a hyphen and the type. */
  readonly group: string;
  readonly queue: string;
  readonly database: string;
  readonly collection: string;
  /** How long a status is kept, in milliseconds. */
  readonly statusTtlMs: number;
  /** A body that is too large by far, in bytes. */
  readonly tooLargeBytes: number;
  /** Ends completed. */
  readonly job: Submittable;
  /** Ends failed. */
  readonly failingJob: Submittable;
  /** Runs for ten seconds at least. */
  readonly slowJob: Submittable;
  readonly without: readonly Part[];
  /** How long a fact may take to come true, in milliseconds. */
  readonly patienceMs: number;
  /** Checks that run at once. */
  readonly concurrency: number;
  /** Ids, or beginnings of ids, of the checks to run; all where there is none. */
  readonly only: readonly string[];
  /** How the kit asks the API: with its key, or, in tests of the kit, with something between. */
  readonly fetch?: Fetch;
}

/** The names and times of the contract, and inputs that the sandbox of dtq knows. */
export const DEFAULTS: Omit<Settings, 'api'> = {
  topicTemplate: CHANNELS.weatherJobs.address.replace('weather', '%s'),
  group: 'dtq-worker-v1',
  queue: CHANNELS.progressRequests.address,
  database: 'dtq',
  collection: JOB_RESULTS.collection,
  statusTtlMs: JOB_STATUS.ttlMs,
  tooLargeBytes: 2 * 1024 * 1024,
  job: { job_type: 'weather', payload: { city: 'Austin', country_code: 'US', units: 'metric' } },
  failingJob: { job_type: 'weather', payload: { city: 'Nowhere', units: 'metric' } },
  slowJob: { job_type: 'weather', payload: { city: 'Slow', units: 'metric' } },
  without: [],
  patienceMs: 60_000,
  concurrency: 6,
  only: [],
};

export function topicOf({ topicTemplate }: Settings, jobType: string): string {
  return topicTemplate.replace('%s', jobType);
}

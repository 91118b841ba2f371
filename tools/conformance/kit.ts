import { OPERATIONS, operationPath } from '@dtq/generated/rest/operations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobAccepted, JobType, KnownProgressReply } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { valid } from './check.ts';
import { answered, type Http, httpTo } from './http.ts';
import type { Wire } from './parts.ts';
import { type Settings, type Submittable, topicOf } from './settings.ts';
import { until } from './until.ts';
import { type AmqpWire, openAmqp } from './wires/amqp.ts';
import { type KafkaWire, openKafka } from './wires/kafka.ts';
import { type Mongo, openMongo, openRedis, type Redis } from './wires/stores.ts';

/** A job that ended, by what the API said of it. */
export interface Ended {
  readonly submit: Submittable;
  readonly accepted: JobAccepted;
  readonly last: KnownProgressReply;
}

/** What every check has: the API, the servers behind it, and jobs to look at. */
export interface Kit {
  readonly settings: Settings;
  readonly http: Http;
  readonly kafka: () => Promise<KafkaWire>;
  readonly amqp: () => Promise<AmqpWire>;
  readonly redis: () => Promise<Redis>;
  readonly mongo: () => Promise<Mongo>;
  /** Submits a job; `more` stands beside its type and payload. Throws `Broken` unless it is accepted. */
  submit(job: Submittable, more?: object, headers?: Readonly<Record<string, string>>): Promise<JobAccepted>;
  /** Asks for the status over HTTP until the job has ended. */
  ended(jobId: string): Promise<KnownProgressReply>;
  /** A job that completed, one for all checks. */
  completedJob(): Promise<Ended>;
  /** A job that failed, one for all checks. */
  failedJob(): Promise<Ended>;
  /** Waits with the patience of the settings. */
  until<T>(what: string, ask: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>>;
  close(): Promise<void>;
}

export function openKit(settings: Settings): Kit {
  const http = httpTo(settings.api, settings.fetch);
  const opened: Promise<{ close(): unknown }>[] = [];
  const once = <T extends { close(): unknown }>(open: () => Promise<T>): (() => Promise<T>) => {
    let found: Promise<T> | undefined;
    return () => {
      if (found === undefined) {
        found = open();
        opened.push(found);
      }
      return found;
    };
  };
  const memo = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined;
    return () => {
      made ??= make();
      return made;
    };
  };
  const submit: Kit['submit'] = async (job, more = {}, headers = {}) => {
    const answer = answered(await http.call(OPERATIONS.submitJob.path, { json: { ...job, ...more }, headers }), 202);
    return valid(strict.JobAccepted, answer.json, 'the answer to a submit');
  };
  const ended: Kit['ended'] = (jobId) =>
    until(
      `the job ${jobId} has ended`,
      async () => {
        const answer = await http.call(operationPath('getJobStatus', { job_id: jobId }));
        // Nobody replied in time, which says nothing of the job.
        if (answer.status === 504) return null;
        const reply = valid(strict.KnownProgressReply, answered(answer, 200).json, 'a progress reply');
        return reply.state === 'completed' || reply.state === 'failed' ? reply : null;
      },
      settings.patienceMs,
    );
  const run = async (job: Submittable): Promise<Ended> => {
    const accepted = await submit(job);
    return { submit: job, accepted, last: await ended(accepted.job_id) };
  };
  return {
    settings,
    http,
    kafka: once(() => openKafka(given(settings, 'kafka'), allTopics(settings))),
    amqp: once(() => openAmqp(given(settings, 'amqp'))),
    redis: once(() => openRedis(given(settings, 'redis'))),
    mongo: once(() => openMongo(given(settings, 'mongo'), settings.database)),
    submit,
    ended,
    completedJob: memo(() => run(settings.job)),
    failedJob: memo(() => run(settings.failingJob)),
    until: (what, ask) => until(what, ask, settings.patienceMs),
    close: async () => {
      await Promise.allSettled(opened.map(async (found) => await (await found).close()));
    },
  };
}

function given(settings: Settings, wire: Wire): string {
  const address = settings[wire];
  if (address === undefined) throw new Error(`there is no address of ${wire}; checks that need it must be left out`);
  return address;
}

/** The topics of a type: its own, those of the other priorities, and that of its dead letters. */
export function topicsOf(
  settings: Settings,
  jobType: JobType,
): { job: string; high: string; low: string; dead: string } {
  const job = topicOf(settings, jobType);
  return { job, high: `${job}.high`, low: `${job}.low`, dead: `${job}.dlq` };
}

function allTopics(settings: Settings): string[] {
  return JOB_TYPE_VALUES.flatMap((jobType) => Object.values(topicsOf(settings, jobType)));
}

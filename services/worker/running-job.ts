import type { Clock } from '@dtq/core/clock.ts';
import type { Envelope } from '@dtq/core/envelope.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import type { Telemetry } from '@dtq/core/telemetry.ts';
import type { JobPolicy } from '@dtq/generated/jobs/index.ts';
import type { JobAttempt, JobMessage, JobType } from '@dtq/generated/schemas/types.ts';
import type { Activity } from './activity.ts';
import type { CancelWatch, FollowedCancel } from './cancel-watch.ts';
import type { Circuit } from './circuit.ts';
import type { JobHandler } from './handler.ts';
import type { Providers } from './providers/providers.ts';
import type { StatusWriter } from './status-writer.ts';

/** What every job of a worker is done with. */
export interface WorkerParts extends Pick<Backend, 'statuses' | 'results' | 'schedule' | 'openJobs'> {
  readonly handlers: { readonly [T in JobType]: JobHandler<T> };
  readonly providers: Providers;
  readonly policies: { readonly [T in JobType]: JobPolicy };
  readonly circuits: { readonly [T in JobType]: Circuit };
  readonly cancels: CancelWatch;
  readonly activity: Activity;
  readonly telemetry: Telemetry;
  /** Who makes the attempts. */
  readonly worker: string;
  /** No attempt takes longer; in milliseconds. */
  readonly processTimeoutMs: number;
  /** No longer result is kept; in bytes of JSON. */
  readonly maxResultBytes: number;
  readonly clock: Clock;
}

/** `done` once the job's outcome, or its next attempt, is durable; `again` where it must be delivered again. */
export type JobOutcome = 'done' | 'again';

/** A job that a worker has been given. */
export interface RunningJob {
  readonly job: JobMessage;
  readonly envelope: Envelope;
  readonly status: StatusWriter;
  readonly cancel: FollowedCancel;
  /** Aborts when the job is taken away. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** An attempt that has begun. */
export interface BegunAttempt {
  /** From 1. */
  readonly number: number;
  /** The attempts so far, with this one as the last. */
  readonly attempts: readonly JobAttempt[];
}

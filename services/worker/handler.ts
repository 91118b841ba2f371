import type { Logger } from '@dtq/core/log.ts';
import type { JobPolicy, Output, Payload } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { Providers } from './providers/providers.ts';

/** What a handler has beside the payload. */
export interface HandlerContext {
  readonly jobId: string;
  readonly attempt: number;
  readonly policy: JobPolicy;
  /** Aborted when the attempt's time is over, the job is taken away, or its cancel was asked for. */
  readonly signal: AbortSignal;
  readonly providers: Providers;
  readonly log: Logger;
}

/**
 * Does one type of job: calls the provider and turns what it says into the type's output. Rejects with JobFailure for an
 * end that has a code of its own. The worker has validated the payload before, and validates the output after.
 */
export type JobHandler<T extends JobType> = (payload: Payload<T>, context: HandlerContext) => Promise<Output<T>>;

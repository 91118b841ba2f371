import { silentLogger } from '@dtq/core/log.ts';
import { JOB_POLICIES, type Output, type Payload } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { JobHandler } from '../../handler.ts';
import type { Providers } from '../providers.ts';

export interface Running {
  readonly signal?: AbortSignal;
  /** Of one call. Default: the policy's. */
  readonly providerTimeoutMs?: number;
}

/** Runs a handler as the worker does, with its type's policy but for waits that tests need not wait for. */
export function runHandler<T extends JobType>(
  type: T,
  handler: JobHandler<T>,
  payload: Payload<T>,
  providers: Providers,
  { signal = new AbortController().signal, providerTimeoutMs }: Running = {},
): Promise<Output<T>> {
  const policy = {
    ...JOB_POLICIES[type],
    backoff: { baseMs: 1, capMs: 1500 },
    ...(providerTimeoutMs === undefined ? {} : { providerTimeoutMs }),
  };
  return handler(payload, { jobId: 'a', attempt: 1, policy, signal, providers, log: silentLogger() });
}

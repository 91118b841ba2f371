import type { JobMessage, JobResult } from '@dtq/generated/schemas/types.ts';
import { type Clock, timestamp } from './clock.ts';
import type { Envelope } from './envelope.ts';
import { documentOf, finalStatus } from './job-document.ts';
import type { ResultStore, StatusStore } from './ports.ts';

export interface ExpiryStores {
  readonly statuses: Pick<StatusStore, 'advance'>;
  readonly results: Pick<ResultStore, 'insert'>;
  readonly clock: Clock;
}

/**
 * Ends a job that nobody has started in time, failed with the code `expired`, unless it has ended otherwise: resolves to the
 * document that stands. Rejects with Unavailable; whoever asks comes again.
 */
export async function expireJob(
  { statuses, results, clock }: ExpiryStores,
  { payload, ...job }: JobMessage,
  { expires_at, priority, replay_of }: Pick<Envelope, 'expires_at' | 'priority' | 'replay_of'>,
): Promise<JobResult> {
  const at = timestamp(clock);
  const error = { code: 'expired', message: `nobody started the job before ${expires_at ?? at}` } as const;
  const document = documentOf({ ...job, input: payload, priority, replay_of }, { output: null, error }, at);
  const { stored } = await results.insert(document);
  await statuses.advance(finalStatus(stored, { attempt: 1, progress_percent: 0, at }));
  return stored;
}

import type { Client } from '@dtq/generated/rest/client.ts';
import type { Problem, ReplayFilter, ReplayReport } from '@dtq/generated/schemas/types.ts';
import { type Outcome, settle } from '../api/outcome.ts';
import { withKey } from '../key/with-key.ts';

const ANSWER_WITHIN_MS = 30_000;
/** Jobs of one request, so that there is progress to be seen. */
export const BATCH = 100;

/** How far a replay of many jobs is. */
export interface ReplayProgress {
  /** New jobs so far. */
  readonly made: number;
  readonly isDone: boolean;
  /** Why it stopped before its end. */
  readonly trouble: 'unreachable' | Problem | null;
}

/** Tells how many jobs a replay would make, up to a thousand, and whether that is all. */
export function previewReplay(client: Client, filter: ReplayFilter): Promise<Outcome<ReplayReport>> {
  return withKey(() =>
    settle(client.replayJobs({ body: { filter, dry_run: true }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })),
  );
}

/**
 * Replays all jobs that match, a batch at a time, and tells how far it is. `keyOf` gives the key of a batch by its number:
 * whoever begins anew after a lost answer with the same keys repeats nothing. Ends early when the signal aborts.
 */
export async function runReplay(
  client: Client,
  filter: ReplayFilter,
  keyOf: (batch: number) => string,
  signal: AbortSignal,
  tell: (progress: ReplayProgress) => void,
): Promise<void> {
  let made = 0;
  for (let batch = 0; !signal.aborted; batch++) {
    const send = () =>
      settle(
        client.replayJobs({
          body: { filter, limit: BATCH },
          params: { header: { 'Idempotency-Key': keyOf(batch) } },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        }),
      );
    const outcome = await withKey(send, signal);
    if (outcome.kind !== 'ok') {
      return tell({ made, isDone: false, trouble: outcome.kind === 'problem' ? outcome.problem : 'unreachable' });
    }
    made += outcome.data.replays.length;
    const isDone = outcome.data.is_complete || outcome.data.matched === 0;
    tell({ made, isDone, trouble: null });
    if (isDone) return;
  }
}

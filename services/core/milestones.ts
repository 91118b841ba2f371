import { MILESTONES, type Milestone } from '@dtq/generated/lifecycle.ts';
import type { StatusHistoryEntry } from '@dtq/generated/schemas/types.ts';

const milestones: readonly Milestone[] = Object.values(MILESTONES);

/** What the milestone of an earlier change says, empty where it is none; a status has only the words of its last change. */
export function milestoneMessage({
  state,
  progress_percent,
}: Pick<StatusHistoryEntry, 'state' | 'progress_percent'>): string {
  const found = milestones.find(
    (milestone) => milestone.state === state && milestone.progress_percent === progress_percent,
  );
  return found?.message ?? '';
}

import type { JobState } from '@dtq/generated/schemas/types.ts';

/** A state in a word and its colour. */
export function StateBadge(props: { state: JobState; word?: string }) {
  return (
    <span class="badge" data-state={props.state}>
      <span class="dot" />
      {props.word ?? props.state}
    </span>
  );
}

import type { JobState } from '@dtq/generated/schemas/types.ts';

/** A state in a word and a colour. */
export function StateBadge(props: { state: JobState }) {
  return <span class={`badge badge-${props.state}`}>{props.state}</span>;
}

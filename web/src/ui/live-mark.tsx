import type { Problem } from '@dtq/generated/schemas/types.ts';

/** Says whether what is shown is live. Not a live region: the banner tells of a lost connection, once. */
export function LiveMark(props: { trouble: 'unreachable' | Problem | null; words?: string }) {
  const isLive = () => props.trouble === null;
  // A notice tells of a problem that asking again cannot mend.
  const isOver = () => {
    const status = typeof props.trouble === 'object' ? props.trouble?.status : undefined;
    return status !== undefined && status < 500 && status !== 429;
  };
  return (
    <span class="live" data-state={isLive() ? 'completed' : 'queued'}>
      <span class="dot" classList={{ pulse: isLive() }} />
      {isLive() ? (props.words ?? 'Live') : isOver() ? 'Not live' : 'Trying again…'}
    </span>
  );
}

import { createMemo } from 'solid-js';
import { now } from './now.ts';
import { agoText, dayAndTime, exactTimeOfDay, timeOfDay, utcText } from './time-text.ts';

const WRITERS = {
  ago: (at: string) => agoText(at, now()),
  clock: timeOfDay,
  exact: exactTimeOfDay,
  day: dayAndTime,
} as const;

/** A moment in the reader's zone, or how long ago it was; in UTC for whoever points at it. */
export function When(props: { at: string; as: keyof typeof WRITERS }) {
  const text = createMemo(() => WRITERS[props.as](props.at));
  const title = () => (props.as === 'ago' ? `${dayAndTime(props.at)} · ${utcText(props.at)}` : utcText(props.at));
  return (
    <time dateTime={props.at} title={title()}>
      {text()}
    </time>
  );
}

import type { JobPosition } from '@dtq/generated/schemas/types.ts';
import { createMemo, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { now } from '../time/now.ts';
import { agoText } from '../time/time-text.ts';
import { When } from '../time/when.tsx';
import type { JobView } from './job-view.ts';
import { positionText } from './position-text.ts';

const EVERY_MS = 2000;

/** What a job waits for, and for how long about: its time, the next attempt, or its turn. */
export function WaitNote(props: { view: JobView }) {
  const open = createMemo(() => (props.view.result === null ? props.view.status : null));
  const waitsForWorker = createMemo(() => open()?.state === 'queued' && open()?.run_at === undefined);
  return (
    <>
      <Show when={open()?.state === 'queued' && open()?.run_at}>
        {(at) => (
          <p class="wait">
            It waits for its time and starts <strong>{agoText(at(), now())}</strong>, at <When at={at()} as="day" />.
          </p>
        )}
      </Show>
      <Show when={open()?.next_attempt_at}>
        {(at) => (
          <p class="wait">
            The attempt before it failed; the next one starts <strong>{agoText(at(), now())}</strong>, at{' '}
            <When at={at()} as="clock" />.
          </p>
        )}
      </Show>
      <Show when={waitsForWorker()}>
        <Position jobId={props.view.jobId} />
      </Show>
    </>
  );
}

function Position(props: { jobId: string }) {
  const live = createLive<string, JobPosition>(
    () => props.jobId,
    (job_id, signal) => settle(client.getJobPosition({ params: { path: { job_id } }, signal, cache: 'no-store' })),
    EVERY_MS,
  );
  return <Show when={live.data()}>{(position) => <p class="wait">{positionText(position())}</p>}</Show>;
}

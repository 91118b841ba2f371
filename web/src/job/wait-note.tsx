import type { JobPosition, SystemReport } from '@dtq/generated/schemas/types.ts';
import { createMemo, createSignal, onCleanup, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { now } from '../time/now.ts';
import { agoText } from '../time/time-text.ts';
import { When } from '../time/when.tsx';
import type { JobView } from './job-view.ts';
import { positionText, whyWaitsText } from './position-text.ts';

const EVERY_MS = 2000;
/** A job that waits longer than this has a reason that people want to know. */
const LONG_MS = 2500;

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
        <Position jobId={props.view.jobId} jobType={open()?.job_type} />
      </Show>
    </>
  );
}

function Position(props: { jobId: string; jobType: string | undefined }) {
  const live = createLive<string, JobPosition>(
    () => props.jobId,
    (job_id, signal) => settle(client.getJobPosition({ params: { path: { job_id } }, signal, cache: 'no-store' })),
    EVERY_MS,
  );
  const [isLong, setIsLong] = createSignal(false);
  const timer = setTimeout(() => setIsLong(true), LONG_MS);
  onCleanup(() => clearTimeout(timer));
  return (
    <>
      <Show when={live.data()}>{(position) => <p class="wait">{positionText(position())}</p>}</Show>
      <Show when={isLong() && props.jobType}>{(jobType) => <WhyItWaits jobType={jobType()} />}</Show>
    </>
  );
}

function WhyItWaits(props: { jobType: string }) {
  const live = createLive<null, SystemReport>(
    () => null,
    (_, signal) => settle(client.getSystem({ signal, cache: 'no-store' })),
    2 * EVERY_MS,
  );
  const why = createMemo(() => {
    const report = live.data();
    return report ? whyWaitsText(report, props.jobType) : null;
  });
  return (
    <Show when={why()}>
      {(words) => (
        <p class="notice" data-state="queued">
          {words()}
        </p>
      )}
    </Show>
  );
}

import type { JobError } from '@dtq/generated/schemas/types.ts';
import { createMemo, Show } from 'solid-js';
import { jobErrorText } from './job-error-text.ts';

/** Why a job failed: title, the worker's message, the cure and the code. */
export function FailureNotice(props: { error: JobError }) {
  const text = createMemo(() => jobErrorText(props.error));
  return (
    <div class="notice notice-bad">
      <p class="notice-title">{text().title}</p>
      <p>{props.error.message}</p>
      <Show when={text().cure}>{(cure) => <p>{cure()}</p>}</Show>
      <p class="fine">
        <code>{props.error.code}</code>
        <Show when={text().retryable !== null}>
          {text().retryable ? ' · the same job may do better later' : ' · the same job would fail again'}
        </Show>
      </p>
    </div>
  );
}

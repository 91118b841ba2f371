import type { JobError } from '@dtq/generated/schemas/types.ts';
import { createResource, Show } from 'solid-js';

/** Why a job failed: in plain words, the worker's own, the cause, the cure and the code. */
export function FailureNotice(props: { error: JobError }) {
  const [loaded] = createResource(
    () => props.error,
    async (error) => (await import('./job-error-text.ts')).jobErrorText(error),
  );
  const text = () => (loaded.error ? undefined : loaded.latest);
  return (
    <div class="notice" data-state="failed">
      <p class="notice-title">{text()?.title ?? 'The job failed'}</p>
      <p>{props.error.message}</p>
      <Show when={text()?.cause}>
        {(cause) => (
          <p>
            <strong>Why.</strong> {cause()}
          </p>
        )}
      </Show>
      <Show when={text()?.cure}>
        {(cure) => (
          <p>
            <strong>What to do.</strong> {cure()}
          </p>
        )}
      </Show>
      <p class="muted">
        <code>{props.error.code}</code>
        <Show when={text() && text()?.retryable !== null}>
          {text()?.retryable ? ' · the same job may do better later' : ' · the same job would fail again'}
        </Show>
      </p>
    </div>
  );
}

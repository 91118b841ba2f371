import type { Field } from '@dtq/generated/jobs/form.ts';
import type { CompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { type Component, createMemo, createResource, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { loadResultView, type ResultProps } from '../result/result-views.ts';
import type { JobView } from './job-view.ts';

/** What a completed job found, in the view of its type. */
export function Outcome(props: { view: JobView; fields: readonly Field[] }) {
  const completed = createMemo<CompletedJobResult | null>(() =>
    props.view.result?.final_state === 'completed' ? props.view.result : null,
  );
  const [loaded] = createResource(
    () => completed()?.job_type,
    async (type) => (await loadResultView(type)) as Component<ResultProps<never>>,
  );
  return (
    <Show when={completed()}>
      {(result) => (
        <section class="outcome" aria-label="Result">
          <Show when={!loaded.error && loaded()}>
            {(view) => <Dynamic component={view()} result={result() as never} fields={props.fields} />}
          </Show>
        </section>
      )}
    </Show>
  );
}

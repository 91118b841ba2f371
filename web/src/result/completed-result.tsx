import type { Field } from '@dtq/generated/jobs/form.ts';
import type { CompletedJobResult } from '@dtq/generated/schemas/types.ts';
import { createMemo, For, Show } from 'solid-js';
import { outputText } from './output-text.ts';

/** What a job found. */
export function CompletedResult(props: { result: CompletedJobResult; fields: readonly Field[] }) {
  const text = createMemo(() => outputText(props.result.job_type, props.result, props.fields));
  return (
    <section class="result" aria-label="Result">
      <Show when={text().headline}>
        {(headline) => (
          <p class="headline">
            {headline()} <Show when={text().caption}>{(caption) => <span>{caption()}</span>}</Show>
          </p>
        )}
      </Show>
      <dl class="facts">
        <For each={text().facts}>
          {(fact) => (
            <div>
              <dt>{fact.label}</dt>
              <dd>{fact.value}</dd>
            </div>
          )}
        </For>
      </dl>
    </section>
  );
}

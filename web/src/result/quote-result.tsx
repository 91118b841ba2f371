import { For } from 'solid-js';
import './hero.css';
import type { ResultProps } from './result-views.ts';

/** Quotations as quotations. */
export function ResultView(props: ResultProps<'quote'>) {
  return (
    <div class="quotes">
      <For each={props.result.output.quotes}>
        {(quote) => (
          <figure>
            <blockquote>{quote.text}</blockquote>
            <figcaption>
              <cite>{quote.author}</cite>
              <For each={quote.tags ?? []}>{(tag) => <span class="tag">{tag}</span>}</For>
            </figcaption>
          </figure>
        )}
      </For>
    </div>
  );
}

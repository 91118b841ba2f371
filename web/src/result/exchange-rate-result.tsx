import { Show } from 'solid-js';
import './hero.css';
import type { ResultProps } from './result-views.ts';
import { moneyText } from './result-words.ts';

/** The conversion as one writes it down, and the rate that it was made with. */
export function ResultView(props: ResultProps<'exchange_rate'>) {
  const output = () => props.result.output;
  return (
    <div class="stack">
      <div class="conversion">
        <p class="conversion-from">{moneyText(output().amount, output().base_currency)}</p>
        <span class="muted" aria-hidden="true">
          =
        </span>
        <p class="hero-value">
          <span class="visually-hidden">is </span>
          {moneyText(output().converted_amount, output().target_currency)}
        </p>
      </div>
      <p class="hero-caption">
        1 {output().base_currency} = <strong class="num">{output().rate}</strong> {output().target_currency}, published
        for <time dateTime={output().rate_date}>{output().rate_date}</time>
        <Show when={output().provider}>{(provider) => ` by way of ${provider()}`}</Show>
      </p>
    </div>
  );
}

import { createMemo, Index, Show } from 'solid-js';
import { now } from '../time/now.ts';
import { durationText, spanText } from '../time/time-text.ts';
import { When } from '../time/when.tsx';
import type { JobView } from './job-view.ts';
import { outcomeText } from './span-title.ts';
import { attemptsOf } from './spans.ts';

/** The attempts in words: who made each, how long it took, and why it ended. */
export function AttemptsTable(props: { view: JobView }) {
  const attempts = createMemo(() => attemptsOf(props.view));
  return (
    <Show when={attempts().length > 0}>
      <section class="card" aria-labelledby="attempts-heading">
        <h2 id="attempts-heading">Attempts</h2>
        <section class="table-scroll" tabindex="0" aria-label="Attempts, to scroll">
          <table class="attempts">
            <thead>
              <tr>
                <th class="num">No.</th>
                <th>Started</th>
                <th class="num">Waited before</th>
                <th class="num">Took</th>
                <th>Ended</th>
                <th>Worker</th>
              </tr>
            </thead>
            <tbody>
              <Index each={attempts()}>
                {(attempt) => (
                  <>
                    <tr>
                      <td class="num">{attempt().number}</td>
                      <td>
                        <When at={attempt().started_at} as="exact" />
                      </td>
                      <td class="num">{attempt().number === 1 ? '–' : spanText(attempt().waited_ms ?? 0)}</td>
                      <td class="num">
                        {durationText(attempt().started_at, attempt().ended_at ?? new Date(now()).toISOString()) ?? '–'}
                      </td>
                      <td>{outcomeText(attempt())}</td>
                      <td>
                        <code>{attempt().worker ?? 'unknown'}</code>
                      </td>
                    </tr>
                    <Show when={attempt().error}>
                      {(error) => (
                        <tr class="attempt-error">
                          <td />
                          <td colspan="5">
                            <code>{error().code}</code> {error().message}
                          </td>
                        </tr>
                      )}
                    </Show>
                  </>
                )}
              </Index>
            </tbody>
          </table>
        </section>
      </section>
    </Show>
  );
}

import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { FailureReport, JobType, ReplayFilter } from '@dtq/generated/schemas/types.ts';
import { createEffect, createMemo, createSignal, For, on, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { addressOf } from '../router/route.ts';
import { navigate, search } from '../router/router.ts';
import { searchOfDraft } from '../submit/draft-search.ts';
import { LiveMark } from '../ui/live-mark.tsx';
import { useTitle } from '../ui/title.ts';
import { Trouble } from '../ui/trouble.tsx';
import { RANGES, type Range, rangeOf } from './failure-bars.ts';
import { FailureCard, type KeyedGroup } from './failure-card.tsx';
import './failures.css';
import { ReplayDialog } from './replay-dialog.tsx';

const EVERY_MS = 5000;

/** What failed, by code and type, over time; and doing it again. */
export function View() {
  useTitle(() => 'Failures');
  const range = createMemo(() => rangeOf(search()));
  const type = createMemo(() => typeOf(search()));
  const [groups, setGroups] = createStore<{ list: KeyedGroup[] }>({ list: [] });
  const [replays, setReplays] = createSignal<{ what: string; filter: ReplayFilter } | null>(null);
  const since = createMemo(() => new Date(Date.now() - RANGES[range()].spanMs).toISOString());

  const live = createLive<string, FailureReport>(search, ask, EVERY_MS);
  createEffect(
    on(live.data, (report) => {
      const keyed = report?.groups.map((group) => ({ ...group, key: `${group.job_type} ${group.error_code}` })) ?? [];
      setGroups('list', reconcile(keyed, { key: 'key', merge: false }));
    }),
  );
  const total = createMemo(() => groups.list.reduce((sum, { count }) => sum + count, 0));

  function ask(of: string, signal: AbortSignal) {
    const from = new Date(Date.now() - RANGES[rangeOf(of)].spanMs).toISOString();
    const job_type = typeOf(of);
    const query = { since: from, ...(job_type === null ? {} : { job_type }) };
    return settle(client.listFailures({ params: { query }, signal, cache: 'no-store' }));
  }
  const go = (last: Range, of: JobType | null) =>
    navigate(`${addressOf.failures}?${new URLSearchParams({ last, ...(of === null ? {} : { type: of }) })}`, {
      replace: true,
    });

  return (
    <div class="failures">
      <header class="view-head">
        <h1 tabindex="-1">Failures</h1>
        <LiveMark trouble={live.trouble()} />
      </header>
      <div class="row failures-bar">
        <fieldset class="segmented">
          <legend class="visually-hidden">Time</legend>
          <For each={Object.keys(RANGES) as Range[]}>
            {(one) => (
              <label>
                <input type="radio" name="range" checked={one === range()} onChange={() => go(one, type())} />
                <span class="visually-hidden">{RANGES[one].words}</span>
                <span aria-hidden="true">{one}</span>
              </label>
            )}
          </For>
        </fieldset>
        <select
          aria-label="Type of job"
          onChange={(event) => go(range(), (event.currentTarget.value || null) as JobType | null)}
        >
          <option value="">All types</option>
          <For each={JOB_TYPE_VALUES}>
            {(one) => (
              <option value={one} selected={one === type()}>
                {JOB_TITLES[one].title}
              </option>
            )}
          </For>
        </select>
        <Show when={total() > 0}>
          <button
            type="button"
            onClick={() =>
              setReplays({
                what: 'all of these',
                filter: { since: since(), ...(type() === null ? {} : { job_type: type() as JobType }) },
              })
            }
          >
            Replay all…
          </button>
        </Show>
      </div>
      <Trouble trouble={live.trouble()} hasData={live.data() !== undefined} what="failures" />
      <Show when={live.data()}>
        <Show when={groups.list.length > 0} fallback={<NoFailures words={RANGES[range()].words.toLowerCase()} />}>
          <ul class="stack" classList={{ stale: !live.isCurrent() }}>
            <For each={groups.list}>
              {(group) => (
                <FailureCard
                  group={group}
                  range={range()}
                  onReplay={(what, filter) =>
                    setReplays({ what, filter: filter.job_ids ? filter : { ...filter, since: since() } })
                  }
                />
              )}
            </For>
          </ul>
        </Show>
      </Show>
      <Show when={replays()} keyed>
        {(chosen) => (
          <ReplayDialog
            {...chosen}
            onClose={() => {
              setReplays(null);
              live.refresh();
            }}
          />
        )}
      </Show>
    </div>
  );
}

function typeOf(search: string): JobType | null {
  const named = new URLSearchParams(search).get('type');
  return JOB_TYPE_VALUES.find((known) => known === named) ?? null;
}

function NoFailures(props: { words: string }) {
  return (
    <div class="empty card">
      <p>
        <strong>Nothing failed in the {props.words}.</strong> To see what a failure looks like,{' '}
        <a
          href={addressOf.submit + searchOfDraft({ jobType: 'weather', payload: { city: 'Nowhere', units: 'metric' } })}
        >
          ask for the weather in Nowhere
        </a>{' '}
        where the sandbox plays the provider.
      </p>
    </div>
  );
}

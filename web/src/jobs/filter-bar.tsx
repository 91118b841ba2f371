import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_ERROR_CODE_VALUES, JOB_STATE_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobCounts, JobType } from '@dtq/generated/schemas/types.ts';
import { For, Show } from 'solid-js';
import { localOf, utcOf } from '../time/time-text.ts';
import { foldedCount, type JobFilters, type Last, NO_FILTERS } from './filters.ts';
import { JobSearch } from './job-search.tsx';

interface FilterBarProps {
  readonly filters: JobFilters;
  readonly counts: JobCounts | undefined;
  readonly onChange: (filters: JobFilters) => void;
}

const LAST_WORDS: { readonly [L in Last]: string } = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
};

const COUNT = new Intl.NumberFormat('en');

/** What the list shows: states with their counts, type, search, and the rest folded away. */
export function FilterBar(props: FilterBarProps) {
  const set = (change: Partial<JobFilters>) => props.onChange({ ...props.filters, ...change });
  return (
    <search class="filters">
      <div class="row states">
        <button
          type="button"
          class="chip"
          aria-pressed={props.filters.state === null}
          onClick={() => set({ state: null })}
        >
          All
        </button>
        <For each={JOB_STATE_VALUES}>
          {(state) => (
            <button
              type="button"
              class="chip"
              data-state={state}
              aria-pressed={props.filters.state === state}
              onClick={() => set({ state: props.filters.state === state ? null : state })}
            >
              <span class="dot" />
              {state} <span class="num">{props.counts ? COUNT.format(props.counts[state]) : ''}</span>
            </button>
          )}
        </For>
      </div>
      <JobSearch traceId={props.filters.traceId} onTrace={(traceId) => set({ traceId })} />
      <select
        aria-label="Type of job"
        class="filter-type"
        onChange={(event) => set({ type: (event.currentTarget.value || null) as JobType | null })}
      >
        <option value="">All types</option>
        <For each={JOB_TYPE_VALUES}>
          {(type) => (
            <option value={type} selected={type === props.filters.type}>
              {JOB_TITLES[type].title}
            </option>
          )}
        </For>
      </select>
      <details class="filter-more">
        <summary>
          More <Show when={foldedCount(props.filters)}>{(count) => <span class="filter-count">{count()}</span>}</Show>
        </summary>
        <MoreFilters filters={props.filters} set={set} onClear={() => props.onChange(NO_FILTERS)} />
      </details>
    </search>
  );
}

function MoreFilters(props: { filters: JobFilters; set: (change: Partial<JobFilters>) => void; onClear: () => void }) {
  return (
    <div class="filter-fields">
      <div class="field">
        <label for="filter-code">Error code</label>
        <input
          id="filter-code"
          type="text"
          list="filter-codes"
          autocomplete="off"
          spellcheck={false}
          value={props.filters.errorCode ?? ''}
          onChange={(event) => props.set({ errorCode: event.currentTarget.value.trim() || null })}
        />
        <datalist id="filter-codes">
          <For each={JOB_ERROR_CODE_VALUES}>{(code) => <option value={code} />}</For>
        </datalist>
      </div>
      <div class="field">
        <label for="filter-last">Submitted</label>
        <select
          id="filter-last"
          onChange={(event) =>
            props.set({ last: (event.currentTarget.value || null) as Last | null, since: null, until: null })
          }
        >
          <option value="">At any time</option>
          <For each={Object.entries(LAST_WORDS)}>
            {([last, words]) => (
              <option value={last} selected={last === props.filters.last}>
                {words}
              </option>
            )}
          </For>
        </select>
      </div>
      <LocalTime
        name="From"
        id="filter-since"
        at={props.filters.since}
        onChange={(since) => props.set({ since, last: null })}
      />
      <LocalTime name="Until" id="filter-until" at={props.filters.until} onChange={(until) => props.set({ until })} />
      <button type="button" onClick={props.onClear}>
        Clear all filters
      </button>
    </div>
  );
}

function LocalTime(props: { name: string; id: string; at: string | null; onChange: (at: string | null) => void }) {
  return (
    <div class="field">
      <label for={props.id}>{props.name}</label>
      <input
        id={props.id}
        type="datetime-local"
        value={props.at === null ? '' : localOf(props.at)}
        onChange={(event) => props.onChange(utcOf(event.currentTarget.value))}
      />
    </div>
  );
}

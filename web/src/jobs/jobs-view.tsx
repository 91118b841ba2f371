import type { JobList, JobSummary } from '@dtq/generated/schemas/types.ts';
import { JOB_RESULTS_FIELD } from '@dtq/generated/storage/job-results.ts';
import { createEffect, createMemo, createSignal, on, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { addressOf } from '../router/route.ts';
import { historyDepth, navigate, search } from '../router/router.ts';
import { LiveMark } from '../ui/live-mark.tsx';
import { useTitle } from '../ui/title.ts';
import { Trouble } from '../ui/trouble.tsx';
import { EmptyJobs } from './empty-jobs.tsx';
import { FilterBar } from './filter-bar.tsx';
import { cursorOf, filtersOf, type JobFilters, listQuery, searchOf } from './filters.ts';
import { JobRows } from './job-rows.tsx';
import './jobs.css';
import { KeysDialog } from './keys-dialog.tsx';
import { useListKeys } from './list-keys.ts';

/** Rows of a page, and so in the document. */
const ROWS = 50;
const EVERY_MS = 2000;

/** All jobs, the newest first, live. */
export function View() {
  useTitle(() => 'Jobs');
  const filters = createMemo(() => filtersOf(search()));
  const cursor = createMemo(() => cursorOf(search()));
  const [rows, setRows] = createStore<{ jobs: JobSummary[] }>({ jobs: [] });
  const [asksKeys, setAsksKeys] = createSignal(false);
  let list: HTMLDivElement | undefined;

  const live = createLive<string, JobList>(search, ask, EVERY_MS);
  createEffect(
    on(
      live.data,
      (page) => page && setRows('jobs', reconcile(page.jobs, { key: JOB_RESULTS_FIELD.job_id, merge: false })),
    ),
  );
  useListKeys({
    rows: () => [...(list?.querySelectorAll<HTMLElement>('[data-row]') ?? [])],
    search: () => document.getElementById('job-search'),
    help: () => setAsksKeys(true),
  });

  function ask(of: string, signal: AbortSignal) {
    const query = { limit: ROWS, ...listQuery(filtersOf(of), cursorOf(of), Date.now()) };
    return settle(client.listJobs({ params: { query }, signal, cache: 'no-store' }));
  }

  const change = (next: JobFilters) => navigate(addressOf.jobs + searchOf(next), { replace: true });
  const older = createMemo(() => (live.isCurrent() ? (live.data()?.next_cursor ?? null) : null));

  return (
    <div class="jobs">
      <header class="view-head">
        <h1 tabindex="-1">Jobs</h1>
        <LiveMark trouble={live.trouble()} words={cursor() === null ? 'Live' : 'Live, older jobs'} />
        <button type="button" class="quiet" onClick={() => setAsksKeys(true)}>
          <kbd>?</kbd> Keys
        </button>
      </header>
      <FilterBar filters={filters()} counts={live.data()?.counts} onChange={change} />
      <Trouble trouble={live.trouble()} hasData={live.data() !== undefined} what="jobs" />
      <Show when={live.data()}>
        <Show when={rows.jobs.length > 0} fallback={<EmptyJobs filters={filters()} isOlder={cursor() !== null} />}>
          <div ref={list} classList={{ stale: !live.isCurrent() }}>
            <JobRows jobs={rows.jobs} />
          </div>
        </Show>
        <nav class="pager" aria-label="Pages">
          <Show when={cursor() !== null}>
            <button type="button" onClick={() => (historyDepth() > 0 ? history.back() : change(filters()))}>
              Newer
            </button>
            <button type="button" class="quiet" onClick={() => change(filters())}>
              Newest
            </button>
          </Show>
          <Show when={older()}>
            {(next) => (
              <button type="button" onClick={() => navigate(addressOf.jobs + searchOf(filters(), next()))}>
                Older
              </button>
            )}
          </Show>
        </nav>
      </Show>
      <Show when={asksKeys()}>
        <KeysDialog onClose={() => setAsksKeys(false)} />
      </Show>
    </div>
  );
}

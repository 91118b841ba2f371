import { JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { DeadLetterList, DeadLetterSummary, JobType } from '@dtq/generated/schemas/types.ts';
import { DEAD_LETTERS_FIELD } from '@dtq/generated/storage/dead-letters.ts';
import { createEffect, createMemo, createSignal, For, on, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { KeysDialog } from '../jobs/keys-dialog.tsx';
import { useListKeys } from '../jobs/list-keys.ts';
import { addressOf } from '../router/route.ts';
import { historyDepth, navigate, search } from '../router/router.ts';
import { When } from '../time/when.tsx';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { LiveMark } from '../ui/live-mark.tsx';
import { useTitle } from '../ui/title.ts';
import { Trouble } from '../ui/trouble.tsx';
import './letters.css';

const ROWS = 50;
const EVERY_MS = 5000;

/** Messages that could not be read as jobs, the newest first. */
export function View() {
  useTitle(() => 'Dead letters');
  const query = createMemo(() => queryOf(search()));
  const [rows, setRows] = createStore<{ letters: DeadLetterSummary[] }>({ letters: [] });
  const [asksKeys, setAsksKeys] = createSignal(false);
  let list: HTMLUListElement | undefined;
  const live = createLive<string, DeadLetterList>(search, ask, EVERY_MS);
  createEffect(
    on(
      live.data,
      (page) =>
        page &&
        setRows('letters', reconcile(page.dead_letters, { key: DEAD_LETTERS_FIELD.dead_letter_id, merge: false })),
    ),
  );
  useListKeys({
    rows: () => [...(list?.querySelectorAll<HTMLElement>('a') ?? [])],
    search: () => document.getElementById('letter-type'),
    help: () => setAsksKeys(true),
  });

  function ask(of: string, signal: AbortSignal) {
    return settle(
      client.listDeadLetters({ params: { query: { limit: ROWS, ...queryOf(of) } }, signal, cache: 'no-store' }),
    );
  }
  const go = (job_type: JobType | undefined, cursor?: string) => {
    const parts = { ...(job_type && { type: job_type }), ...(cursor && { cursor }) };
    const text = new URLSearchParams(parts).toString();
    navigate(addressOf.deadLetters + (text && `?${text}`), { replace: cursor === undefined });
  };

  return (
    <div class="letters">
      <header class="view-head">
        <h1 tabindex="-1">Dead letters</h1>
        <LiveMark trouble={live.trouble()} />
        <p>Messages on the queue that were no valid job. Their bytes are kept, and can be sent again once mended.</p>
      </header>
      <div class="row letters-bar">
        <select
          id="letter-type"
          aria-label="Type of job"
          onChange={(event) => go((event.currentTarget.value || undefined) as JobType | undefined)}
        >
          <option value="">All types</option>
          <For each={JOB_TYPE_VALUES}>
            {(type) => (
              <option value={type} selected={type === query().job_type}>
                {JOB_TITLES[type].title}
              </option>
            )}
          </For>
        </select>
      </div>
      <Trouble trouble={live.trouble()} hasData={live.data() !== undefined} what="dead letters" />
      <Show when={live.data()}>
        <Show when={rows.letters.length > 0} fallback={<NoLetters />}>
          <ul class="letter-list" ref={list}>
            <For each={rows.letters}>{(letter) => <Letter letter={letter} />}</For>
          </ul>
        </Show>
        <nav class="row pages" aria-label="Pages">
          <Show when={query().cursor}>
            <button type="button" onClick={() => (historyDepth() > 0 ? history.back() : go(query().job_type))}>
              Newer
            </button>
          </Show>
          <Show when={live.isCurrent() && live.data()?.next_cursor}>
            {(next) => (
              <button type="button" onClick={() => go(query().job_type, next())}>
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

function Letter(props: { letter: DeadLetterSummary }) {
  return (
    <li>
      <a href={addressOf.deadLetter(props.letter.dead_letter_id)}>
        <Icon name={typeIcon(props.letter.job_type)} size={18} />
        <span class="grow">
          <span class="letter-reason">{props.letter.reason}</span>
          <span class="small muted">
            <code>{props.letter.dead_letter_id}</code> · <span class="num">{props.letter.size}</span> bytes
          </span>
        </span>
        <span class="small muted">
          <When at={props.letter.buried_at} as="ago" />
        </span>
      </a>
    </li>
  );
}

function NoLetters() {
  return (
    <div class="empty card">
      <p>
        <strong>No dead letters.</strong> A job that comes by way of the API is checked before it is taken, so a letter
        here is one that another program wrote to the queue itself.
      </p>
    </div>
  );
}

function queryOf(search: string): { readonly job_type?: JobType; readonly cursor?: string } {
  const named = new URLSearchParams(search);
  const job_type = JOB_TYPE_VALUES.find((known) => known === named.get('type'));
  const cursor = named.get('cursor');
  return { ...(job_type && { job_type }), ...(cursor && { cursor }) };
}

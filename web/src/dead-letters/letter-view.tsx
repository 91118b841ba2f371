import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { DeadLetter, DeadLetterReport } from '@dtq/generated/schemas/types.ts';
import { createMemo, For, Show } from 'solid-js';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { addressOf } from '../router/route.ts';
import { When } from '../time/when.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { useTitle } from '../ui/title.ts';
import { Trouble } from '../ui/trouble.tsx';
import { LetterReplay } from './letter-replay.tsx';
import { bytesOf, letterText } from './letter-text.ts';
import './letters.css';

const EVERY_MS = 5000;
const KIND_WORDS = { json: 'JSON', text: 'UTF-8 text, but no JSON', hex: 'no UTF-8 text; in hex' } as const;

/** One message that could not be read: its text, what was wrong with it, and a way to send it again. */
export function View(props: { readonly id: string }) {
  useTitle(() => `Dead letter ${props.id}`);
  const live = createLive<string, DeadLetterReport>(
    () => props.id,
    (dead_letter_id, signal) =>
      settle(client.getDeadLetter({ params: { path: { dead_letter_id } }, signal, cache: 'no-store' })),
    EVERY_MS,
  );
  // The letter itself never changes; only its replays do.
  const letter = createMemo(() => live.data()?.dead_letter, undefined, {
    equals: (a, b) => a?.dead_letter_id === b?.dead_letter_id,
  });
  return (
    <article class="letter">
      <header class="view-head">
        <a class="job-up small muted" href={addressOf.deadLetters}>
          Dead letters
        </a>
        <h1 tabindex="-1">{letter()?.reason ?? 'Dead letter'}</h1>
      </header>
      <Trouble trouble={live.trouble()} hasData={letter() !== undefined} what="the letter" />
      <Show when={letter()}>
        {(found) => (
          <div class="letter-columns">
            <Message letter={found()} />
            <div class="stack">
              <WhatWasWrong letter={found()} />
              <Replays report={live.data()} />
              <LetterReplay letter={found()} onReplayed={live.refresh} />
            </div>
          </div>
        )}
      </Show>
    </article>
  );
}

function Message(props: { letter: DeadLetter }) {
  const text = createMemo(() => letterText(bytesOf(props.letter.value_base64)));
  const headers = () => Object.entries(props.letter.headers);
  return (
    <section class="card" aria-labelledby="message-heading">
      <div class="card-head">
        <h2 id="message-heading">The message</h2>
        <span class="small muted">
          <span class="num">{props.letter.size}</span> bytes, {KIND_WORDS[text().kind]}
        </span>
      </div>
      <div class="code">
        <CopyButton text={() => text().text} label="Copy" />
        <pre tabindex="0" class="letter-text" data-kind={text().kind}>
          {text().text}
        </pre>
      </div>
      <Show when={text().isCut}>
        <p class="hint">
          It goes on; the whole of it comes with GET{' '}
          {operationPath('getDeadLetter', { dead_letter_id: props.letter.dead_letter_id })}.
        </p>
      </Show>
      <dl class="papers">
        <div>
          <dt>Stood in</dt>
          <dd>
            <code>{props.letter.dead_letter_id}</code>
          </dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd>
            <code>{props.letter.key ?? 'none'}</code>
          </dd>
        </div>
        <div>
          <dt>Buried</dt>
          <dd>
            <When at={props.letter.buried_at} as="day" />
          </dd>
        </div>
        <Show when={props.letter.job_id}>
          {(jobId) => (
            <div>
              <dt>Job</dt>
              <dd>
                <a href={addressOf.job(jobId())}>
                  <code>{jobId()}</code>
                </a>
              </dd>
            </div>
          )}
        </Show>
        <For each={headers()}>
          {([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </section>
  );
}

function WhatWasWrong(props: { letter: DeadLetter }) {
  return (
    <section class="notice" data-state="failed" aria-labelledby="wrong-heading">
      <h2 id="wrong-heading" class="notice-title row">
        <Icon name={typeIcon(props.letter.job_type)} />
        What was wrong
      </h2>
      <Show when={props.letter.violations.length > 0} fallback={<p>{props.letter.reason}</p>}>
        <ul>
          <For each={props.letter.violations}>
            {({ pointer, message }) => (
              <li>
                <code>{pointer || 'the message'}</code> {message}
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}

function Replays(props: { report: DeadLetterReport | undefined }) {
  return (
    <Show when={props.report?.replays.length}>
      <section class="card" aria-labelledby="replays-heading">
        <h2 id="replays-heading">Sent again</h2>
        <ul class="stack small">
          <For each={props.report?.replays}>
            {(replay) => (
              <li class="row">
                <a href={addressOf.job(replay.job_id)}>
                  <code>{replay.job_id}</code>
                </a>
                <span class="muted">
                  {replay.corrected ? 'mended, ' : 'as it was, '}
                  <When at={replay.replayed_at} as="ago" />
                </span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

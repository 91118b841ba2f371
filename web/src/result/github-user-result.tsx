import { For, Show } from 'solid-js';
import './hero.css';
import type { ResultProps } from './result-views.ts';
import { countText, initialsOf } from './result-words.ts';

/** A profile card. The picture stays with GitHub: the page talks to its own origin only. */
export function ResultView(props: ResultProps<'github_user'>) {
  const user = () => props.result.output;
  const counts = () =>
    [
      ['repositories', user().public_repos],
      ['followers', user().followers],
      ['following', user().following],
    ] as const;
  return (
    <div class="profile">
      <span class="monogram" aria-hidden="true">
        {initialsOf(user().name ?? user().login)}
      </span>
      <div class="stack">
        <div>
          <p class="profile-name">{user().name ?? user().login}</p>
          <a href={user().profile_url} rel="noreferrer">
            @{user().login}
          </a>
        </div>
        <Show when={user().bio}>{(bio) => <p>{bio()}</p>}</Show>
        <p class="row">
          <For each={counts()}>
            {([word, count]) => (
              <span>
                <strong class="num">{countText(count)}</strong> <span class="muted">{word}</span>
              </span>
            )}
          </For>
        </p>
        <p class="muted small">
          {[user().company, user().location].filter(Boolean).join(' · ')}
          {user().company || user().location ? ' · ' : ''}on GitHub since{' '}
          <time dateTime={user().created_at}>{user().created_at.slice(0, 10)}</time>
        </p>
      </div>
    </div>
  );
}

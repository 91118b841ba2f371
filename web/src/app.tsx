import { type Component, createEffect, createMemo, createSignal, For, on, onMount, Show } from 'solid-js';
import { reachable } from './api/reachability.ts';
import { askForKey, heldKey, isAsked, refusal } from './key/held-key.ts';
import { addressOf, type Route } from './router/route.ts';
import { route } from './router/router.ts';
import { nextTheme, theme } from './theme/theme.ts';
import { Icon, type IconName } from './ui/icons.tsx';
import { VIEWS } from './views.ts';

interface Shown {
  readonly View: Component<{ readonly id: string }>;
  readonly route: Route;
}

const PLACES: readonly {
  readonly name: IconName;
  readonly label: string;
  readonly href: string;
  readonly also?: string;
}[] = [
  { name: 'submit', label: 'Submit', href: addressOf.submit },
  { name: 'jobs', label: 'Jobs', href: addressOf.jobs, also: 'job' },
  { name: 'failures', label: 'Failures', href: addressOf.failures },
  { name: 'dead-letters', label: 'Letters', href: addressOf.deadLetters, also: 'dead-letter' },
  { name: 'system', label: 'System', href: addressOf.system },
];

const THEME_WORDS = { auto: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' } as const;

/** The page: the places on one side, the one that the address names on the other. */
export function App() {
  const [shown, setShown] = createSignal<Shown | null>(null);
  const [failed, setFailed] = createSignal(false);
  const [KeyDialog, setKeyDialog] = createSignal<Component | null>(null);
  const asking = createMemo(() => (isAsked() ? KeyDialog() : null));
  let main: HTMLElement | undefined;

  async function show(next: Route): Promise<void> {
    const isFirst = shown() === null;
    try {
      const { View } = await VIEWS[next.view]();
      if (route() !== next) return;
      setFailed(false);
      setShown({ View, route: next });
      if (isFirst) return;
      scrollTo(0, 0);
      // Another place: keyboard and screen reader go there. Not on load, where nobody asked for it.
      main?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    } catch {
      if (route() === next) setFailed(true);
    }
  }
  createEffect(on(route, (next) => void show(next)));
  // What was not loaded for want of a network is loaded when it is back.
  onMount(() => addEventListener('online', () => failed() && show(route())));
  createEffect(() => reachable() && failed() && void show(route()));
  // What a key let somebody see goes with it.
  createEffect(on(heldKey, (key) => key === null && setShown((now) => now && { ...now }), { defer: true }));
  createEffect(() => isAsked() && void loadKeyDialog());

  async function loadKeyDialog(): Promise<void> {
    try {
      const loaded = await import('./key/key-dialog.tsx');
      setKeyDialog(() => loaded.KeyDialog);
    } catch {
      // The banner has a button that tries again.
    }
  }

  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="side">
        <a class="brand" href={addressOf.submit}>
          <img src="/favicon.svg" alt="" width="26" height="26" />
          dtq
        </a>
        <nav class="rail" aria-label="Places">
          <ul>
            <For each={PLACES}>
              {(place) => (
                <li>
                  <a
                    href={place.href}
                    aria-current={[place.name, place.also].includes(route().view) ? 'page' : undefined}
                  >
                    <Icon name={place.name} />
                    {place.name === 'dead-letters' ? (
                      <span>
                        <span class="rail-long">Dead </span>
                        <span class="rail-short">letters</span>
                      </span>
                    ) : (
                      place.label
                    )}
                  </a>
                </li>
              )}
            </For>
          </ul>
        </nav>
        <div class="side-foot">
          <a class="button quiet" href="/docs">
            API
          </a>
          <Show when={heldKey() !== null || refusal() !== null}>
            <button type="button" class="quiet icon-only" onClick={askForKey} title="API key" aria-label="API key">
              <Icon name="key" />
            </button>
          </Show>
          <button
            type="button"
            class="quiet icon-only"
            onClick={nextTheme}
            title={THEME_WORDS[theme()]}
            aria-label={THEME_WORDS[theme()]}
          >
            <Icon name={theme()} />
          </button>
        </div>
      </header>
      <main class="page" id="main" tabindex="-1" ref={main}>
        <div role="status" class="banner">
          <Show when={!reachable()}>
            <p>
              <span class="dot pulse" data-state="queued" />
              <span>
                <strong>No answer from the API.</strong> Trying again by itself; nothing that was accepted is lost.
              </span>
            </p>
          </Show>
        </div>
        <Show when={refusal() !== null && asking() === null}>
          <div class="banner">
            <p>
              <span class="dot" data-state="queued" />
              <span class="grow">
                <strong>{refusal() === 'refused' ? 'The key was refused.' : 'This API wants a key.'}</strong> Until it
                has one it tells nothing.
              </span>
              <button type="button" onClick={askForKey}>
                Give a key…
              </button>
            </p>
          </div>
        </Show>
        <Show when={failed()}>
          <p class="empty" role="alert">
            This part of the page could not be loaded. It comes when the API answers.
          </p>
        </Show>
        <Show when={shown()} keyed>
          {(place) => <place.View id={'id' in place.route ? place.route.id : ''} />}
        </Show>
      </main>
      <Show when={asking()} keyed>
        {(Asking) => <Asking />}
      </Show>
    </div>
  );
}

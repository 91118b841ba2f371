import { createSignal } from 'solid-js';

const KEY = 'dtq.theme';
const THEMES = ['auto', 'light', 'dark'] as const;

export type Theme = (typeof THEMES)[number];

const [theme, setTheme] = createSignal<Theme>(stored());

/** How the page looks: as the system does, or as its reader chose. */
export { theme };

/** Takes the next of system, light and dark, in every tab. */
export function nextTheme(): void {
  show(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'auto');
  try {
    localStorage.setItem(KEY, theme());
  } catch {
    // A browser may refuse storage; the choice then lasts as long as the page.
  }
}

/** Called once, before anything is drawn. */
export function startTheme(): void {
  show(theme());
  addEventListener('storage', ({ key }) => key === KEY && show(stored()));
}

function show(chosen: Theme): void {
  setTheme(chosen);
  if (chosen === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

function stored(): Theme {
  try {
    return THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

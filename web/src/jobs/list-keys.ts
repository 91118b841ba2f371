import { onCleanup, onMount } from 'solid-js';
import { nextIndex } from './next-index.ts';

interface ListKeys {
  readonly rows: () => readonly HTMLElement[];
  readonly search: () => HTMLElement | null;
  readonly help: () => void;
}

/** Moves through a list with j and k or the arrows, finds with /, helps with ?. Must be called inside a component. */
export function useListKeys(keys: ListKeys): void {
  function press(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
    if (event.key === '/') keys.search()?.focus();
    else if (event.key === '?') keys.help();
    else {
      const rows = keys.rows();
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      const to = nextIndex(event.key, at, rows.length);
      if (to === null) return;
      rows[to]?.focus();
      rows[to]?.scrollIntoView({ block: 'nearest' });
    }
    event.preventDefault();
  }
  onMount(() => document.addEventListener('keydown', press));
  onCleanup(() => document.removeEventListener('keydown', press));
}

/** Keys belong to whoever writes, chooses, or reads a dialog. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, dialog, summary') !== null;
}

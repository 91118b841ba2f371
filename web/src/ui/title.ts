import { createEffect } from 'solid-js';

/** Names the browser's tab after the view. Must be called inside a component. */
export function useTitle(words: () => string): void {
  createEffect(() => {
    document.title = words() === '' ? 'dtq' : `${words()} · dtq`;
  });
}

import { type JSX, onMount } from 'solid-js';

/** A dialog that is open for as long as it is there. Escape and a click beside it close it; the focus goes back by itself. */
export function Dialog(props: { title: string; onClose: () => void; children: JSX.Element }) {
  let element: HTMLDialogElement | undefined;
  onMount(() => element?.showModal());
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={element}
      aria-label={props.title}
      onClose={() => props.onClose()}
      onClick={(event) => event.target === element && element?.close()}
    >
      <h2>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

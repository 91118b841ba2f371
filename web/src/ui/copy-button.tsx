import { createSignal } from 'solid-js';
import { Icon } from './icons.tsx';

const SAID_MS = 1600;

/** Puts a text on the clipboard, and says whether it did. */
export function CopyButton(props: { text: () => string; label: string; quiet?: boolean }) {
  const [said, setSaid] = createSignal<string | null>(null);

  async function copy(): Promise<void> {
    setSaid((await written(props.text())) ? 'Copied' : 'Press Ctrl+C');
    setTimeout(() => setSaid(null), SAID_MS);
  }

  return (
    <button type="button" classList={{ quiet: props.quiet ?? false }} onClick={copy}>
      <Icon name={said() === 'Copied' ? 'check' : 'copy'} size={15} />
      <span aria-live="polite">{said() ?? props.label}</span>
    </button>
  );
}

/** Writes to the clipboard; by way of a field where the page has no TLS and so no clipboard of its own. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'visually-hidden';
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    return copied;
  }
}

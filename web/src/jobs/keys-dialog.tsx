import { For } from 'solid-js';
import { Dialog } from '../ui/dialog.tsx';

const KEYS = [
  ['j', 'or arrow down: the next job'],
  ['k', 'or arrow up: the job before'],
  ['Enter', 'opens the job'],
  ['/', 'to the search'],
  ['?', 'this list'],
  ['Esc', 'closes it'],
] as const;

/** The keys of the list. */
export function KeysDialog(props: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={props.onClose}>
      <dl class="keys">
        <For each={KEYS}>
          {([key, words]) => (
            <div>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{words}</dd>
            </div>
          )}
        </For>
      </dl>
      <form method="dialog" class="row">
        <button type="submit">Close</button>
      </form>
    </Dialog>
  );
}

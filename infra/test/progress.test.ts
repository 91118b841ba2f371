import { expect, test } from 'vitest';
import { Progress } from '../progress.ts';

function record(isTTY: boolean): { text: () => string; progress: Progress } {
  const parts: string[] = [];
  const progress = new Progress({ isTTY, write: (text) => parts.push(text) });
  return { text: () => parts.join(''), progress };
}

test('off a terminal each change is one plain line, and no change is told twice', () => {
  const { text, progress } = record(false);
  progress.report('kafka', 'starting');
  progress.report('kafka', 'starting');
  progress.note('apt-get update');
  progress.report('kafka', 'ready', 'in 4.2 s');
  expect(text()).toBe('kafka     starting\napt-get update\nkafka     ready         in 4.2 s\n');
});

test('on a terminal the lines are redrawn in place, below the notes', () => {
  const { text, progress } = record(true);
  progress.report('kafka', 'starting');
  progress.report('redis', 'starting');
  progress.note('note');
  expect(text()).toBe(
    'kafka     starting\n\u001b[1A\u001b[Jkafka     starting\nredis     starting\n' +
      '\u001b[2A\u001b[Jnote\nkafka     starting\nredis     starting\n',
  );
});

import { describe, expect, it } from 'vitest';
import { runStep, runSteps, type Step, type StepResult, type Watcher } from '../checklist.ts';
import { countLine, stepLines, toMarkdown } from '../render.ts';
import { Terminal } from '../terminal.ts';

const quiet: Watcher = { onStart: () => undefined, onDoing: () => undefined, onResult: () => undefined };
const never = new AbortController().signal;

const good: Step<string> = {
  id: 'good',
  title: 'A good one',
  run: async (ground, notes) => {
    const value = { ground, list: [1, 2] };
    notes.show('a value', value);
    value.list.push(3);
    return 'all is well';
  },
};
const bad: Step<string> = {
  id: 'bad',
  title: 'A bad one',
  run: async (_, notes) => {
    notes.show('seen before it failed', 'yes');
    throw new Error('1 must be 2', { cause: new Error('numbers') });
  },
};
const after: Step<string> = { ...good, id: 'after', title: 'One that builds on it', needs: ['good', 'bad'] };

describe('the steps of a checklist', () => {
  it('are all run, whatever fails; what needs a failed one fails too, and is not tried', async () => {
    const results = await runSteps([good, bad, after, { ...good, id: 'last' }], 'ground', quiet, never);
    expect(results.map(({ passed, words }) => [passed, words])).toEqual([
      [true, 'all is well'],
      [false, '1 must be 2: numbers'],
      [false, 'not tried: it needs "A bad one"'],
      [true, 'all is well'],
    ]);
    expect(countLine(results)).toBe('2 passed, 2 failed');
  });

  it('keep what they saw as it was then, also where they fail', async () => {
    const [first, second] = await runSteps([good, bad], 'ground', quiet, never);
    expect(first?.evidence).toEqual([{ label: 'a value', value: { ground: 'ground', list: [1, 2] } }]);
    expect(second?.evidence).toEqual([{ label: 'seen before it failed', value: 'yes' }]);
  });

  it('end when they are interrupted: the one that runs, and those that have not begun', async () => {
    const stop = new AbortController();
    const endless: Step<string> = {
      id: 'endless',
      title: 'One without end',
      run: () => {
        stop.abort();
        return new Promise(() => undefined);
      },
    };
    const results = await runSteps([endless, good], 'ground', quiet, stop.signal);
    expect(results.map(({ passed, words }) => [passed, words])).toEqual([
      [false, 'interrupted'],
      [false, 'not tried: interrupted'],
    ]);
    expect((await runStep(good, 'ground', quiet)).passed).toBe(true);
  });
});

const RESULT: StepResult = {
  id: 'kafka',
  title: 'Kafka: the message',
  passed: true,
  words: 'partition 3, offset 0',
  evidence: [
    { label: 'short', value: { key: 'k', offset: '0' } },
    { label: 'long', value: { text: 'x'.repeat(60), list: [{ text: 'y'.repeat(60) }, null], gone: undefined } },
    { label: 'lines', value: 'one\ntwo ``` | three' },
    { label: 'the page', picture: '/out/page.png' },
  ],
  seconds: 1.26,
};

describe('what is shown of a step', () => {
  it('on a terminal: a line for it, what was found, and the evidence indented below', () => {
    expect(stepLines(RESULT, 4)).toEqual([
      '✓ 4. Kafka: the message (1.3 s)',
      '    partition 3, offset 0',
      '      short: {"key":"k","offset":"0"}',
      '      long:',
      '        {',
      `          "text": "${'x'.repeat(60)}",`,
      `          "list": [{"text":"${'y'.repeat(60)}"},null]`,
      '        }',
      '      lines:',
      '        one',
      '        two ``` | three',
      '      the page: /out/page.png',
    ]);
    expect(stepLines({ ...RESULT, passed: false, words: 'no | message', evidence: [] }, 5)).toEqual([
      '✗ 5. Kafka: the message (1.3 s)',
      '    FAILED: no | message',
    ]);
  });

  it('as a document: a table of all, and a section with the evidence of each', () => {
    const failed = { ...RESULT, title: 'Redis', passed: false, words: 'no | message', evidence: [] };
    const text = toMarkdown({ title: 'A run', about: ['Made today.'], results: [RESULT, failed], folder: '/out' });
    expect(text).toContain('**1 passed, 1 failed**');
    expect(text).toContain('| 1 | ✓ | Kafka: the message | partition 3, offset 0 |');
    expect(text).toContain(String.raw`| 2 | ✗ | Redis | no \| message |`);
    expect(text).toContain('```json\n{"key":"k","offset":"0"}\n```');
    expect(text).toContain('````text\none\ntwo ``` | three\n````');
    expect(text).toContain('![the page](page.png)');
    expect(text).toContain('## 2. Redis\n\n✗ **failed**: no | message');
  });

  it('as it goes: what is being done at the foot of a terminal, and nowhere else', () => {
    const shown = (isTerminal: boolean): string => {
      let text = '';
      const terminal = new Terminal((more) => {
        text += more;
      }, isTerminal);
      terminal.onStart('Kafka');
      terminal.onDoing('waiting');
      terminal.onResult({ ...RESULT, evidence: [] });
      return text;
    };
    expect(shown(true)).toContain('… Kafka: waiting');
    expect(shown(false)).toBe('✓ 1. Kafka: the message (1.3 s)\n    partition 3, offset 0\n\n');
  });
});

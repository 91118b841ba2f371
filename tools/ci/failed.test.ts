import { expect, it } from 'vitest';
import { wordsOfFailure } from './failed.ts';

it('tells each test that failed, with the beginning of its error', () => {
  const long = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const output = [
    ' ✓ one.test.ts',
    ' FAIL  |tests| a.test.ts > adds',
    'AssertionError: 1',
    '',
    ' FAIL  |tests| b.test.ts > takes',
    ...long,
  ];
  expect(wordsOfFailure(output.join('\n'))).toEqual([
    ' FAIL  |tests| a.test.ts > adds',
    'AssertionError: 1',
    '',
    ' FAIL  |tests| b.test.ts > takes',
    ...long.slice(0, 11),
  ]);
});

it('tells the last words of a command that runs no tests', () => {
  const output = Array.from({ length: 100 }, (_, at) => `line ${at}\n`).join('\n');
  expect(wordsOfFailure(output)).toEqual(Array.from({ length: 40 }, (_, at) => `line ${at + 60}`));
});

import { describe, expect, it } from 'vitest';
import { hashOf, jobIdOf } from './job-route.ts';

describe('jobIdOf', () => {
  it('reads what hashOf writes', () => {
    expect(jobIdOf(hashOf('6aab8fca-7059-40c4-97d4-53f55fd5bf67'))).toBe('6aab8fca-7059-40c4-97d4-53f55fd5bf67');
  });

  it.each(['', '#/', '#/jobs/', '#/jobs/..', '#/jobs/a/b', '#/other/a'])('finds no job in %j', (hash) => {
    expect(jobIdOf(hash)).toBeNull();
  });
});

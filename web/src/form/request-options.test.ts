import { describe, expect, it } from 'vitest';
import { optionMembers, optionsText, PLAIN } from './request-options.ts';

describe('optionMembers', () => {
  it('leaves out what is plain', () => {
    expect(optionMembers(PLAIN)).toEqual({});
  });

  it('writes a delay, a time in UTC, an expiry and a priority', () => {
    expect(optionMembers({ ...PLAIN, when: 'after', delay: ' 90 ', delayUnit: 's', priority: 'high' })).toEqual({
      delay: '90s',
      priority: 'high',
    });
    const local = '2026-02-14T15:12';
    const utc = new Date(local).toISOString();
    expect(optionMembers({ ...PLAIN, when: 'at', runAt: local, expiresAt: local })).toEqual({
      run_at: utc,
      expires_at: utc,
    });
  });

  it('keeps what is no time, so that the validator names it', () => {
    expect(optionMembers({ ...PLAIN, when: 'at' })).toEqual({ run_at: '' });
  });
});

describe('optionsText', () => {
  it('tells what was changed', () => {
    expect(optionsText(PLAIN)).toBe('');
    expect(optionsText({ ...PLAIN, when: 'after', delay: '5', priority: 'low' })).toBe('in 5 minutes · low priority');
  });
});

import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-02-14T15:12:00Z');

test.each([
  { header: '0', ms: 0 },
  { header: ' 120 ', ms: 120_000 },
  { header: 'Sat, 14 Feb 2026 15:12:30 GMT', ms: 30_000 },
  { header: 'Saturday, 14-Feb-26 15:12:30 GMT', ms: 30_000 },
  { header: 'Sat, 14 Feb 2026 15:00:00 GMT', ms: 0 },
  { header: null, ms: undefined },
  { header: '', ms: undefined },
  { header: '-5', ms: undefined },
  { header: '1.5', ms: undefined },
  { header: 'soon', ms: undefined },
  { header: 'Sat, 99 Feb 2026 15:12:30 GMT', ms: undefined },
  { header: '99999999999', ms: undefined },
])('Retry-After: $header asks for $ms ms', ({ header, ms }) => {
  expect(retryAfterMs(header, NOW)).toBe(ms);
});

import { describe, expect, it } from 'vitest';
import { AddressCounts } from './address-counts.ts';
import { clientAddress } from './client-address.ts';
import { standingClock } from './test/standing-clock.ts';
import { TokenBuckets } from './token-buckets.ts';

describe('token buckets', () => {
  it('let in what a bucket holds, then what comes back, and say when that is', () => {
    const clock = standingClock();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3, clock });
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
    expect(buckets.take('b')).toBe(0);
    clock.move(499);
    expect(buckets.take('a')).toBe(1);
    clock.move(1);
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 1]);
    clock.move(3_600_000);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 1]);
  });

  it('may owe tokens, and nobody waits longer than an hour', () => {
    const clock = standingClock();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3, clock });
    buckets.take('a');
    buckets.charge('a', 12);
    const wait = buckets.take('a');
    expect(wait).toBe(6);
    clock.move(wait * 1000 - 1000);
    expect(buckets.take('a')).toBe(1);
    clock.move(1000);
    expect(buckets.take('a')).toBe(0);
    buckets.charge('a', 1_000_000);
    expect(buckets.take('a')).toBe(3600);
  });

  it('are not confused by a clock that is set back', () => {
    const clock = standingClock();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1, clock });
    buckets.take('a');
    clock.move(-3_600_000);
    expect(buckets.take('a')).toBe(1);
    clock.move(1000);
    expect(buckets.take('a')).toBe(0);
  });

  it('are no more than so many, whoever asks, and forget those first that have nothing to say', () => {
    const clock = standingClock();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2, clock, most: 100 });
    for (let client = 0; client < 90; client += 1) buckets.take(`full soon ${client}`);
    clock.move(1000);
    buckets.take('greedy');
    buckets.take('greedy');
    for (let client = 0; client < 1000; client += 1) {
      buckets.take(`other ${client}`);
      if (client === 20) expect(buckets.take('greedy')).toBe(1);
    }
    expect(buckets.size).toBeLessThanOrEqual(100);
  });
});

describe('the connections of a client', () => {
  it('are counted for all addresses that one client has, and no longer once they are closed', () => {
    const counts = new AddressCounts(2);
    const first = counts.enter('2001:db8:1:2::1');
    expect(counts.enter('2001:db8:1:2:ffff::9')).not.toBeNull();
    expect(counts.enter('2001:db8:1:2:3:4:5:6')).toBeNull();
    expect(counts.enter('2001:db8:1:3::1')).not.toBeNull();
    expect([counts.enter('::ffff:198.51.100.7'), counts.enter('198.51.100.7')]).not.toContain(null);
    expect(counts.enter('198.51.100.7')).toBeNull();
    first?.();
    expect(counts.enter('2001:db8:1:2::1')).not.toBeNull();
  });
});

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', undefined, 0, '198.51.100.7'],
    ['::ffff:198.51.100.7', undefined, 0, '198.51.100.7'],
    ['10.0.0.1', '203.0.113.9', 0, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9', 1, '203.0.113.9'],
    ['10.0.0.1', 'made up, 203.0.113.9', 1, '203.0.113.9'],
    ['10.0.0.1', 'made up, 203.0.113.9, 10.0.0.2', 2, '203.0.113.9'],
    ['10.0.0.1', '203.0.113.9', 2, '10.0.0.1'],
    ['10.0.0.1', undefined, 1, '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9:4711', 1, '203.0.113.9'],
    ['10.0.0.1', '[2001:db8:1:2:3:4:5:6]:4711', 1, '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::1', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
    ['fe80::1%eth0', undefined, 0, 'fe80:0:0:0::/64'],
    ['::1', undefined, 0, '0:0:0:0::/64'],
    ['10.0.0.1', 'x'.repeat(5000), 1, 'x'.repeat(64)],
    [undefined, undefined, 0, ''],
  ])('of %s, forwarded for %s, behind %i trusted proxies is %s', (connection, forwarded, trusted, address) => {
    expect(clientAddress(connection, forwarded, trusted)).toBe(address);
  });
});

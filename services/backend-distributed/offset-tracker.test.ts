import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OffsetTracker } from './offset-tracker.ts';

describe('what may be committed of a partition', () => {
  it('nothing while nothing was delivered, and nothing while the first one is unfinished', () => {
    const tracker = new OffsetTracker(null);
    expect(tracker.committable()).toBeNull();
    tracker.deliver(0);
    // 0 is new to a group without offsets: it says where a restart begins.
    expect(tracker.committable()).toBe(0);
    tracker.commit(0);
    expect(tracker.committable()).toBeNull();
  });

  it('up to the lowest unfinished one, whatever is done above it', () => {
    const tracker = new OffsetTracker(10);
    for (const offset of [10, 11, 12, 13]) expect(tracker.deliver(offset)).toBe(true);
    tracker.finish(12);
    tracker.finish(11);
    expect(tracker.committable()).toBeNull();
    expect(tracker.span).toBe(4);
    tracker.finish(10);
    expect(tracker.committable()).toBe(13);
    tracker.commit(13);
    tracker.finish(13);
    expect(tracker.committable()).toBe(14);
    expect(tracker.span).toBe(0);
  });

  it('over gaps: the next one is the next that was delivered', () => {
    const tracker = new OffsetTracker(null);
    for (const offset of [5, 9, 40]) tracker.deliver(offset);
    tracker.finish(5);
    expect(tracker.committable()).toBe(9);
    tracker.finish(40);
    expect(tracker.committable()).toBe(9);
    tracker.finish(9);
    expect(tracker.committable()).toBe(41);
  });

  it('what has come before is not delivered again, and finishing it twice does nothing', () => {
    const tracker = new OffsetTracker(3);
    expect(tracker.deliver(2)).toBe(false);
    expect(tracker.deliver(3)).toBe(true);
    expect(tracker.deliver(3)).toBe(false);
    tracker.finish(3);
    tracker.finish(3);
    tracker.finish(99);
    expect(tracker.deliver(3)).toBe(false);
    expect(tracker.committable()).toBe(4);
  });

  it('holds for any gaps and any order of completion', () => {
    const offsets = fc.uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 3000 });
    fc.assert(
      fc.property(offsets, fc.infiniteStream(fc.nat(99)), (unsorted, picks) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const tracker = new OffsetTracker(null);
        for (const offset of sorted) tracker.deliver(offset);
        const open = [...sorted];
        while (open.length > 0) {
          const [offset = 0] = open.splice(Number(picks.next().value) % open.length, 1);
          tracker.finish(offset);
          const lowest = open[0] ?? (sorted.at(-1) ?? 0) + 1;
          if (tracker.committable() !== lowest) return false;
          if (tracker.unfinished !== open.length) return false;
        }
        return true;
      }),
      { numRuns: 30 },
    );
  });
});

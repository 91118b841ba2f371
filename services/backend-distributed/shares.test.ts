import { describe, expect, it } from 'vitest';
import { Shares } from './shares.ts';

const none = new Map<number, { own: number | null; shared: number | null }>();
const session = {};

function makeShares() {
  const lost: number[] = [];
  return { lost, shares: new Shares((partition) => lost.push(partition)) };
}

const END = 1_000_000;

describe('the partitions that are ours', () => {
  it('a new one is fetched at once; one that starts where another group stands waits until that is settled', () => {
    const { shares } = makeShares();
    const before = new Map([
      [0, { own: 7, shared: 3 }],
      [1, { own: null, shared: 40 }],
      [2, { own: null, shared: null }],
    ]);
    expect(shares.assign([0, 1, 2], false, before)).toEqual([1]);
    expect(shares.steer(false, session)).toEqual({ pause: [1], resume: [] });
    expect(shares.trackerOf(1, END)).toBeNull();
    expect(shares.settle(1, { own: null, shared: 40 })).toBe(40);
    expect(shares.steer(false, session)).toEqual({ pause: [], resume: [1] });
    expect(shares.trackerOf(1, END)).not.toBeNull();
  });

  it('one that another member committed meanwhile is not set back to the shared group', () => {
    const { shares } = makeShares();
    shares.assign([1], false, new Map([[1, { own: null, shared: 40 }]]));
    expect(shares.settle(1, { own: 90, shared: 40 })).toBeNull();
    expect(shares.trackerOf(1, END)?.committed).toBe(90);
  });

  it('what is lost is told; what stays keeps what was delivered, as the same member', () => {
    const { shares, lost } = makeShares();
    shares.assign([0, 1], false, none);
    shares.trackerOf(0, END)?.deliver(5);
    expect(shares.assign([0], true, none)).toEqual([]);
    expect(lost).toEqual([1]);
    expect(shares.trackerOf(0, END)?.deliver(5)).toBe(false);
  });

  it('as another member: it stays if the group has not moved, else others went on with it', () => {
    const { shares, lost } = makeShares();
    shares.assign([0, 1], false, none);
    for (const partition of [0, 1]) {
      const tracker = shares.trackerOf(partition, END);
      tracker?.deliver(5);
      tracker?.deliver(6);
      tracker?.finish(5);
    }
    shares.committed(shares.committable());
    expect(shares.assign([0, 1], false, none)).toEqual([0, 1]);
    expect(shares.committable().size).toBe(0);
    expect(shares.settle(0, { own: 6, shared: null })).toBeNull();
    expect(shares.settle(1, { own: 9, shared: null })).toBeNull();
    expect(lost).toEqual([1]);
    expect(shares.trackerOf(0, END)?.unfinished).toBe(1);
    expect(shares.trackerOf(1, END)?.unfinished).toBe(0);
  });

  it('a topic that was made anew: its offsets mean other messages', () => {
    const { shares, lost } = makeShares();
    shares.assign([0], false, none);
    shares.trackerOf(0, END)?.deliver(500);
    expect(shares.trackerOf(0, 3)?.deliver(0)).toBe(true);
    expect(lost).toEqual([0]);
  });

  it('one that runs too far ahead of its lowest unfinished message pauses until it has fallen back', () => {
    const { shares } = makeShares();
    shares.assign([0], false, none);
    const tracker = shares.trackerOf(0, END);
    for (let offset = 0; offset <= 10_000; offset += 1) tracker?.deliver(offset);
    expect(shares.steer(false, session)).toEqual({ pause: [0], resume: [] });
    for (let offset = 0; offset < 4000; offset += 1) tracker?.finish(offset);
    expect(shares.steer(false, session)).toEqual({ pause: [], resume: [] });
    for (let offset = 4000; offset < 6000; offset += 1) tracker?.finish(offset);
    expect(shares.steer(false, session)).toEqual({ pause: [], resume: [0] });
  });

  it('a new session begins with nothing paused', () => {
    const { shares } = makeShares();
    shares.assign([0], false, none);
    expect(shares.steer(true, session).pause).toEqual([0]);
    expect(shares.steer(true, session).pause).toEqual([]);
    expect(shares.steer(true, {}).pause).toEqual([0]);
  });
});

/** How a stretch of time is laid on a width in pixels. */
export interface Scale {
  /** The place of a time, within the width. */
  readonly x: (time: number) => number;
  /** Where the axis has its lines: the place, and the milliseconds from the beginning. */
  readonly ticks: readonly { readonly x: number; readonly ms: number }[];
}

/** Steps that people count in, in milliseconds. */
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 432_000_000, 864_000_000,
] as const;

/** Room that a line of the axis and its words need, in pixels. */
const TICK_ROOM = 78;

/** Lays the time from `from` to `to` on a width; true to scale, so that nothing looks longer than it was. */
export function scaleOf(from: number, to: number, width: number): Scale {
  const span = Math.max(1, to - from);
  const x = (time: number) => (Math.min(Math.max(time - from, 0), span) / span) * width;
  const most = Math.max(1, Math.floor(width / TICK_ROOM));
  const step = STEPS.find((one) => span / one <= most) ?? span;
  const count = Math.floor(span / step);
  return { x, ticks: Array.from({ length: count + 1 }, (_, n) => ({ x: x(from + n * step), ms: n * step })) };
}

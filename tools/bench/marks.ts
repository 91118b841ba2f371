import { type Report, ratiosOf, valuesOf } from './report.ts';
import { summarize } from './statistics.ts';

// What is to be reached, as part of a report, so that whoever reads its JSON can tell.

/** A bound of one measure of ours, or of what it is to that of another side or of another case. */
export interface Mark {
  /** What is to be reached, in words for people. */
  readonly words: string;
  readonly case: string;
  readonly measure: string;
  /** It is divided by the same measure of this side, round by round; */
  readonly ofSide?: string;
  /** or by the median of ours in this case. */
  readonly ofCase?: string;
  /** One of the two. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict {
  readonly words: string;
  /** Of the rounds. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly isReached: boolean;
}

/** What a report says of its marks; null for one that was not measured. */
export function verdictsOf(report: Report): readonly { readonly mark: Mark; readonly verdict: Verdict | null }[] {
  return (report.marks ?? []).map((mark) => ({ mark, verdict: verdictOf(report, mark) }));
}

function verdictOf({ sides: [ours], cases }: Report, mark: Mark): Verdict | null {
  const roundsOf = (name: string) => cases.find((found) => found.name === name)?.rounds ?? {};
  const rounds = roundsOf(mark.case);
  const own = valuesOf(rounds[ours] ?? [], mark.measure);
  const values = mark.ofSide === undefined ? own : ratiosOf(rounds, ours, mark.ofSide, mark.measure);
  const others = mark.ofCase === undefined ? null : valuesOf(roundsOf(mark.ofCase)[ours] ?? [], mark.measure);
  if (values.length === 0 || others?.length === 0) return null;
  const divisor = others === null ? 1 : summarize(others).median;
  const summary = summarize(values.map((value) => value / divisor));
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = mark;
  return { words: mark.words, ...summary, isReached: summary.median >= atLeast && summary.median <= atMost };
}

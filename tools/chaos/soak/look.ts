import { percentile } from '@dtq/bench/statistics.ts';
import { judge, type Verdict } from '../judge.ts';
import type { StoredDocument, Stores } from '../stores.ts';
import type { Kind, Member } from './fleet.ts';
import { countOf, leftOver, mostOf, slopeOf } from './growth.ts';
import { keysLeftOver } from './redis-keys.ts';
import type { Sample } from './sample.ts';
import type { Told } from './traffic.ts';
import type { Watch } from './watch.ts';

/** What each process held, by its name. */
export type Moment = ReadonlyMap<string, Sample>;

/** What the run has come to. */
export interface Figures {
  readonly accepted: number;
  readonly ended: Readonly<Record<string, number>>;
  readonly repeats: number;
  readonly broken: number;
  readonly problems: Readonly<Record<string, number>>;
  readonly cancels: { readonly asked: number; readonly promised: number };
  readonly submitMs: Spread;
  /** From the submit to the document, of jobs that could start at once. */
  readonly doneMs: Spread;
  /** After the last submit, until every job was final. */
  readonly settleMs: number;
  readonly processes: readonly ProcessFigures[];
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ProcessFigures {
  readonly name: string;
  readonly isWitness: boolean;
  readonly before: Sample;
  readonly after: Sample;
  /** Under load; null for a life that was too short to say. */
  readonly heapBytesPerMinute: number | null;
  readonly samples: readonly Sample[];
}

export interface Evidence {
  readonly stores: Pick<Stores, 'documents' | 'keys' | 'deadLetters'>;
  readonly told: Told;
  readonly watch: Pick<Watch, 'finals' | 'backwards' | 'open'>;
  readonly members: readonly Pick<Member, 'name' | 'kind' | 'isWitness' | 'samples'>[];
  readonly before: Moment;
  readonly after: Moment;
  readonly settleMs: number;
  /** What was still there when nothing was left to do: messages, and rows that wait for a time. */
  readonly left: { readonly lag: number; readonly scheduleRows: number };
}

/** A slope of a shorter life says nothing, in milliseconds. */
const LEAST_LIFE_MS = 30_000;
/** What a process does in its first seconds is warming up, in milliseconds. */
const WARM_UP_MS = 10_000;

/** Holds all that was promised to all that is there. */
export async function lookAtTheEnd(evidence: Evidence): Promise<{ verdicts: readonly Verdict[]; figures: Figures }> {
  const documents = await evidence.stores.documents();
  const [keys, letters] = [await evidence.stores.keys(), await evidence.stores.deadLetters()];
  return {
    verdicts: [...verdictsOf(evidence, documents), ...rest(evidence, keys, letters)],
    figures: figuresOf(evidence, documents),
  };
}

function verdictsOf({ told, watch, left }: Evidence, documents: readonly StoredDocument[]): Verdict[] {
  const expected = {
    accepted: new Set(told.answers.keys()),
    // Each submit was repeated with its key until somebody could tell: nothing is unknown.
    unknown: new Set<string>(),
    hasAllStatuses: true,
    answers: told.answers,
    cancelled: told.cancelled,
  };
  return judge(expected, { documents, statuses: watch.finals, lag: left.lag });
}

function rest(
  { told, watch, left, before, after, members }: Evidence,
  keys: ReadonlyMap<string, number>,
  letters: number,
): Verdict[] {
  const defects = [...watch.finals].filter(([, { error_code }]) =>
    /^(?:internal_error|invalid_)/.test(error_code ?? ''),
  );
  return [
    { name: 'every answer is one that a client can live with', faults: told.wrong },
    { name: 'each accepted job is final in time', faults: watch.open === 0 ? [] : [`${watch.open} are still open`] },
    { name: 'no status was ever seen to go backwards', faults: watch.backwards },
    { name: 'no job ends by a defect', faults: defects.map(([id, { error_code }]) => `${id}: ${error_code}`) },
    { name: 'nothing waits in the schedule', faults: left.scheduleRows === 0 ? [] : [`${left.scheduleRows} rows`] },
    { name: 'no message is a dead letter', faults: letters === 0 ? [] : [`${letters} are`] },
    { name: 'no key is left over in Redis', faults: keysLeftOver(keys) },
    {
      name: 'no handle and no heap is left over',
      faults: members.flatMap((member) => grown(member, members, before, after)),
    },
  ];
}

/** What a process holds more than its kind did before the load; whatever its age, for all of them are idle. */
function grown(
  { name, kind }: Evidence['members'][number],
  members: Evidence['members'],
  before: Moment,
  after: Moment,
): string[] {
  const now = after.get(name);
  if (now === undefined) return [`${name} did not tell what it holds`];
  return leftOver(heldBefore(kind, members, before), now).map((words) => `${name}: ${words}`);
}

/** The most that any process of a kind held before the load. */
export function heldBefore(kind: Kind, members: Evidence['members'], before: Moment): Sample {
  return mostOf(members.filter((one) => one.kind === kind).flatMap(({ name }) => before.get(name) ?? []));
}

function figuresOf(evidence: Evidence, documents: readonly StoredDocument[]): Figures {
  const { told, members, before, after, settleMs } = evidence;
  const ended: Record<string, number> = {};
  for (const { error_code } of documents) {
    const outcome = error_code ?? 'completed';
    ended[outcome] = (ended[outcome] ?? 0) + 1;
  }
  const doneMs = documents.flatMap(({ job_id, submitted_at, completed_at }) =>
    told.prompt.has(job_id) && submitted_at !== undefined ? [Date.parse(completed_at) - Date.parse(submitted_at)] : [],
  );
  return {
    accepted: told.answers.size,
    ended,
    repeats: told.repeats,
    broken: told.broken,
    problems: Object.fromEntries(told.problems),
    cancels: { asked: told.cancelsAsked, promised: told.cancelled.size },
    submitMs: spreadOf(told.submitMs),
    doneMs: spreadOf(doneMs),
    settleMs,
    processes: members.flatMap(({ name, kind, isWitness, samples }) => {
      const now = after.get(name);
      if (now === undefined) return [];
      const held = heldBefore(kind, members, before);
      return [{ name, isWitness, before: held, after: now, heapBytesPerMinute: heapSlope(samples), samples }];
    }),
  };
}

function heapSlope(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  if (last - first < LEAST_LIFE_MS) return null;
  return slopeOf(
    samples.filter(({ at }) => at - first >= WARM_UP_MS),
    ({ heap_bytes }) => heap_bytes,
  );
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return { p50: 0, p99: 0, max: 0 };
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? 0 };
}

/** One line on what a process holds. */
export function wordsOf({ heap_bytes, rss_bytes, fds, ...sample }: Sample): string {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  return `heap ${mib(heap_bytes)} MiB, memory ${mib(rss_bytes)} MiB, ${countOf({ fds, heap_bytes, rss_bytes, ...sample })} handles, ${fds} files`;
}

import { describe, expect, it } from 'vitest';
import { type Expected, type Found, type FoundStatus, INVARIANTS, isForward, judge } from './judge.ts';

// Each invariant holds for a run in which all went well, and for no other: every way in which it can break is played here.

const [A, B, C] = ['a', 'b', 'c'] as const;
const HISTORY = [
  { sequence: 1, attempt: 1, state: 'queued', progress_percent: 0 },
  { sequence: 2, attempt: 1, state: 'running', progress_percent: 20 },
  { sequence: 3, attempt: 1, state: 'running', progress_percent: 50 },
  { sequence: 4, attempt: 2, state: 'running', progress_percent: 20 },
  { sequence: 5, attempt: 2, state: 'completed', progress_percent: 100 },
] as const satisfies FoundStatus['history'];

const document = (job_id: string): Found['documents'][number] => ({
  job_id,
  job_type: 'weather',
  trace_id: `trace-${job_id}`,
  final_state: 'completed',
  error_code: null,
});
const cancelled = { ...document(C), final_state: 'failed', error_code: 'cancelled' } as const;
const status: FoundStatus = { state: 'completed', error_code: null, history: HISTORY };

const EXPECTED = {
  accepted: new Set([A, B, C]),
  unknown: new Set<string>(),
  hasAllStatuses: true,
  answers: new Map([A, B, C].map((id) => [id, { job_type: 'weather', trace_id: `trace-${id}` }])),
  cancelled: new Set([C]),
} satisfies Expected;

const FOUND = {
  documents: [document(A), document(B), cancelled],
  statuses: new Map<string, FoundStatus>([
    [A, status],
    [B, status],
    [C, { state: 'failed', error_code: 'cancelled', history: [] }],
  ]),
  lag: 0,
} satisfies Found;

const statuses = (id: string, of: FoundStatus | undefined): Found['statuses'] =>
  new Map([...FOUND.statuses].flatMap(([one, is]) => (one !== id ? [[one, is]] : of === undefined ? [] : [[one, of]])));

/** A run that went wrong, what was wrong with it, and the names of the invariants that it breaks. */
const BROKEN: readonly { readonly run: string; readonly found: Partial<Found>; readonly breaks: readonly string[] }[] =
  [
    {
      run: 'a job is lost',
      found: { documents: [document(A), cancelled] },
      breaks: ['each accepted job has its document'],
    },
    {
      run: 'a job has two documents',
      found: { documents: [...FOUND.documents, document(B)] },
      breaks: ['no job has two documents'],
    },
    {
      run: 'a document is of nobody',
      found: { documents: [...FOUND.documents, document('d')], statuses: new Map([...FOUND.statuses, ['d', status]]) },
      breaks: ['no document is of a job that nobody submitted'],
    },
    {
      run: 'a document is of another type',
      found: { documents: [{ ...document(A), job_type: 'quote' }, document(B), cancelled] },
      breaks: ['each document is of the job that was answered'],
    },
    {
      run: 'a document is of another trace',
      found: { documents: [{ ...document(A), trace_id: 'other' }, document(B), cancelled] },
      breaks: ['each document is of the job that was answered'],
    },
    {
      run: 'a status says another end',
      found: { statuses: statuses(A, { ...status, state: 'failed', error_code: 'timed_out' }) },
      breaks: ['status and document agree'],
    },
    {
      run: 'a status has another code',
      found: { statuses: statuses(C, { state: 'failed', error_code: 'timed_out', history: [] }) },
      breaks: ['status and document agree'],
    },
    {
      run: 'a status is not final',
      found: { statuses: statuses(A, { ...status, state: 'running', history: HISTORY.slice(0, 4) }) },
      breaks: ['status and document agree'],
    },
    { run: 'a status is gone', found: { statuses: statuses(A, undefined) }, breaks: ['status and document agree'] },
    {
      run: 'a history goes backwards',
      found: { statuses: statuses(A, { ...status, history: HISTORY.toSpliced(1, 2, HISTORY[2], HISTORY[1]) }) },
      breaks: ['no history goes backwards'],
    },
    {
      run: 'a cancel that was promised is forgotten',
      found: {
        documents: [document(A), document(B), document(C)],
        statuses: statuses(C, status),
      },
      breaks: ['a cancel that was promised stands'],
    },
    { run: 'messages are left', found: { lag: 3 }, breaks: ['nothing is left in the topics'] },
  ];

const broken = (expected: Expected, found: Found): string[] =>
  judge(expected, found).flatMap(({ name, faults }) => (faults.length > 0 ? [name] : []));

describe('the invariants', () => {
  it('hold where all went well', () => {
    expect(judge(EXPECTED, FOUND).map(({ faults }) => faults)).toEqual(INVARIANTS.map(() => []));
  });

  for (const { run, found, breaks } of BROKEN)
    it(`where ${run}: ${breaks.join(', ')}`, () => {
      expect(broken(EXPECTED, { ...FOUND, ...found })).toEqual(breaks);
    });

  it('each of them was seen to break', () => {
    expect(new Set(BROKEN.flatMap(({ breaks }) => breaks))).toEqual(new Set(INVARIANTS.map(({ name }) => name)));
  });

  it('a job of which nobody can say may have a document, or none', () => {
    const expected = { ...EXPECTED, accepted: new Set([A, C]), unknown: new Set([B, 'd']) };
    expect(broken(expected, FOUND)).toEqual([]);
  });

  it('a trace counts only where the answer can know it', () => {
    const answers = new Map<string, { job_type: string; trace_id: string | null }>([
      ...EXPECTED.answers,
      [A, { job_type: 'weather', trace_id: null }],
    ]);
    const documents = [{ ...document(A), trace_id: 'another' }, document(B), cancelled];
    expect(broken({ ...EXPECTED, answers }, { ...FOUND, documents })).toEqual([]);
  });

  it('where Redis itself was broken a status may be late or gone, but not wrong', () => {
    const expected = { ...EXPECTED, hasAllStatuses: false };
    const late = { ...status, state: 'running', history: [] } as const;
    expect(broken(expected, { ...FOUND, statuses: statuses(A, undefined) })).toEqual([]);
    expect(broken(expected, { ...FOUND, statuses: statuses(A, late) })).toEqual([]);
    const wrong = { ...status, state: 'failed' } as const;
    expect(broken(expected, { ...FOUND, statuses: statuses(A, wrong) })).toEqual(['status and document agree']);
  });
});

describe('a history', () => {
  const [queued, started, calling, again, ended] = HISTORY;
  for (const [words, history] of [
    ['a milestone that falls', [calling, { ...started, sequence: 4 }]],
    ['a running job that is queued again', [started, { ...queued, sequence: 3, progress_percent: 20 }]],
    ['an attempt before the last', [again, { ...calling, sequence: 5 }]],
    ['a sequence that does not grow', [queued, { ...started, sequence: 1 }]],
    ['what comes behind the end', [ended, { ...again, attempt: 3, sequence: 6 }]],
  ] as const)
    it(`does not have ${words}`, () => expect(isForward(history)).toBe(false));

  it('may end with what an earlier attempt came to, whose document was first', () => {
    expect(isForward([again, { ...ended, attempt: 1 }])).toBe(true);
  });

  it('may stay where it is, for a cancel or a wait, and fail at the progress that it has', () => {
    expect(isForward([calling, { ...calling, sequence: 4 }, { ...calling, state: 'failed', sequence: 5 }])).toBe(true);
    expect(isForward([])).toBe(true);
  });
});

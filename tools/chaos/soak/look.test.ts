import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { openJobsKey } from '@dtq/generated/storage/open-jobs.ts';
import { OPEN_JOBS_EPOCH } from '@dtq/generated/storage/open-jobs-epoch.ts';
import { submitKeysKey } from '@dtq/generated/storage/submit-keys.ts';
import { describe, expect, it } from 'vitest';
import type { StoredDocument } from '../stores.ts';
import { type Evidence, lookAtTheEnd } from './look.ts';
import type { Sample } from './sample.ts';
import { Told } from './traffic.ts';
import { Watch } from './watch.ts';

// What a soak holds the platform to, on evidence that was tampered with: each verdict can fail, and fails alone.

const MIB = 2 ** 20;
const JOB = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';
const TRACE = '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3';
const AT = '2026-02-14T15:12:04.000Z';

const document: StoredDocument = {
  job_id: JOB,
  job_type: 'weather',
  trace_id: TRACE,
  final_state: 'completed',
  error_code: null,
  submitted_at: AT,
  completed_at: '2026-02-14T15:12:05.500Z',
};
const sample: Sample = { at: 0, heap_bytes: 40 * MIB, rss_bytes: 120 * MIB, handles: { TCPSocketWrap: 20 }, fds: 40 };
const running = { state: 'running', error_code: null, progress_percent: 50 } as const;
const completed = { state: 'completed', error_code: null, progress_percent: 100 } as const;
const entry = { sequence: 3, attempt: 1, state: 'running', progress_percent: 50 } as const;
const last = { ...entry, sequence: 5, state: 'completed', progress_percent: 100 } as const;

interface Tampered {
  readonly documents?: readonly StoredDocument[];
  readonly keys?: ReadonlyMap<string, number>;
  readonly deadLetters?: number;
  readonly left?: Evidence['left'];
  readonly after?: Sample | null;
  readonly told?: (told: Told) => void;
  readonly watch?: (watch: Watch) => void;
}

async function look(tampered: Tampered = {}) {
  const told = new Told();
  told.prompt.add(JOB);
  told.answers.set(JOB, { trace_id: TRACE, job_type: 'weather' });
  const watch = new Watch();
  watch.add(JOB);
  watch.see(JOB, { ...running, history: [entry] });
  tampered.watch?.(watch);
  watch.see(JOB, { ...completed, history: [entry, last] });
  tampered.told?.(told);
  const { after = sample, documents = [document], deadLetters = 0, left = { lag: 0, scheduleRows: 0 } } = tampered;
  const keys = tampered.keys ?? new Map([[jobStatusKey(JOB), 1000]]);
  return await lookAtTheEnd({
    stores: {
      documents: async () => [...documents],
      keys: async () => new Map(keys),
      deadLetters: async () => deadLetters,
    },
    told,
    watch,
    members: [{ name: 'worker-1', kind: 'worker', isWitness: true, samples: [] }],
    before: new Map([['worker-1', sample]]),
    after: new Map(after === null ? [] : [['worker-1', after]]),
    settleMs: 0,
    left,
  });
}

const BROKEN: readonly (readonly [verdict: string, run: string, tampered: Tampered])[] = [
  ['each accepted job has its document', 'a job is lost', { documents: [] }],
  ['no job has two documents', 'a job is doubled', { documents: [document, document] }],
  ['status and document agree', 'they differ', { documents: [{ ...document, final_state: 'failed' }] }],
  ['every answer is one that a client can live with', 'one is not', { told: (told) => told.wrong.push('404') }],
  ['each accepted job is final in time', 'one is open', { watch: (watch) => watch.add('another') }],
  [
    'no status was ever seen to go backwards',
    'one is seen at an earlier milestone',
    { watch: (watch) => watch.see(JOB, { ...running, history: [{ ...entry, sequence: 4, progress_percent: 20 }] }) },
  ],
  [
    'no job ends by a defect',
    'one does',
    {
      documents: [document, { ...document, job_id: 'b', final_state: 'failed', error_code: 'internal_error' }],
      told: (told) => told.answers.set('b', { trace_id: TRACE, job_type: 'weather' }),
      watch: (watch) => {
        watch.add('b');
        watch.see('b', { ...completed, state: 'failed', error_code: 'internal_error', history: [] });
      },
    },
  ],
  ['nothing is left in the topics', 'messages are', { left: { lag: 1, scheduleRows: 0 } }],
  ['nothing waits in the schedule', 'a row does', { left: { lag: 0, scheduleRows: 1 } }],
  ['no message is a dead letter', 'one is', { deadLetters: 1 }],
  ['no key is left over in Redis', 'one stays for ever', { keys: new Map([[submitKeysKey('k'), -1]]) }],
  ['no key is left over in Redis', 'one is of nobody', { keys: new Map([['cache:1', 1000]]) }],
  ['no key is left over in Redis', 'a job is open', { keys: new Map([[openJobsKey('weather', 'queued'), -1]]) }],
  ['no handle and no heap is left over', 'the heap has grown', { after: { ...sample, heap_bytes: 90 * MIB } }],
  ['no handle and no heap is left over', 'sockets are open', { after: { ...sample, handles: { TCPSocketWrap: 80 } } }],
  ['no handle and no heap is left over', 'files are open', { after: { ...sample, fds: 120 } }],
  ['no handle and no heap is left over', 'memory is kept', { after: { ...sample, rss_bytes: 900 * MIB } }],
  ['no handle and no heap is left over', 'a process says nothing', { after: null }],
];

describe('the verdicts of a soak', () => {
  it('hold where all went well', async () => {
    const { verdicts, figures } = await look({
      keys: new Map([
        [OPEN_JOBS_EPOCH, -1],
        [jobStatusKey(JOB), 1000],
      ]),
    });
    expect(verdicts.filter(({ faults }) => faults.length > 0)).toEqual([]);
    expect(figures).toMatchObject({ accepted: 1, ended: { completed: 1 }, doneMs: { p50: 1500, p99: 1500 } });
  });

  for (const [verdict, run, tampered] of BROKEN)
    it(`${verdict}: not where ${run}`, async () => {
      const { verdicts } = await look(tampered);
      expect(verdicts.flatMap(({ name, faults }) => (faults.length > 0 ? [name] : []))).toEqual([verdict]);
    });
});

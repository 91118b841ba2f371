import { aFailedResult, aResult } from '@dtq/backend-conformance/samples.ts';
import type { JobResult } from '@dtq/generated/schemas/types.ts';
import { describe, expect, it } from 'vitest';
import { LISTS } from './result-list.ts';
import { freshDataDir, open, sql } from './test/folder.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 1, 14, 15, minute)).toISOString();

const putByHand = (dataDir: string, { job_id }: { job_id: string }, document: string) =>
  sql(dataDir, 'INSERT INTO job_results (job_id, document) VALUES (?, ?)', job_id, document);

describe('a list', () => {
  it('is read through an index, in its order, whatever it asks for; a few named ones are sorted', async () => {
    const dataDir = freshDataDir();
    await open(dataDir);
    const plan = (statement: string) => sql(dataDir, `EXPLAIN QUERY PLAN ${statement}`).map(({ detail }) => detail);
    const inOrder = (index: string, kind: string) => [
      expect.stringMatching(
        new RegExp(
          `^SEARCH job_results USING COVERING INDEX ${index} \\(.*job_type=\\? AND .*is_submitted=\\? AND .+\\)$`,
        ),
      ),
      ...(kind === '' ? [] : [kind]),
    ];
    expect(plan(LISTS.submittedOfState)).toEqual(inOrder('job_results_newest', ''));
    expect(plan(LISTS.othersOfState)).toEqual(inOrder('job_results_newest', ''));
    expect(plan(LISTS.submittedOfError)).toEqual(inOrder('job_results_newest_of_error', ''));
    expect(plan(LISTS.othersOfError)).toEqual(inOrder('job_results_newest_of_error', ''));
    expect(plan(LISTS.named)[0]).toMatch(
      /^SEARCH job_results USING INDEX sqlite_autoindex_job_results_1 \(job_id=\?\)$/,
    );
    expect(plan(LISTS.traced)[0]).toBe('SEARCH job_results USING INDEX job_results_trace (trace_id=?)');
  });

  it('leaves out what cannot be read, and has the next ones in its place', async () => {
    const dataDir = freshDataDir();
    const { results } = await open(dataDir);
    const documents = [5, 4, 3, 2, 1].map((minute) => ({ ...aResult(), submitted_at: at(minute) })) as JobResult[];
    for (const [index, document] of documents.entries())
      if (index % 2 === 0) await results.insert(document);
      else putByHand(dataDir, document, JSON.stringify({ ...document, output: { temperature: 'warm' } }));
    putByHand(dataDir, { job_id: 'no JSON' }, '{');
    const readable = documents.filter((_, index) => index % 2 === 0);
    expect(await results.list({ limit: 2 })).toEqual(readable.slice(0, 2));
    expect(await results.list({ limit: 10 })).toEqual(readable);
    expect(await results.list({ limit: 10, jobIds: documents.map(({ job_id }) => job_id) })).toEqual(readable);
  });

  it('has documents that were put there by hand, in whatever form they write a time, and counts them', async () => {
    const dataDir = freshDataDir();
    const { results } = await open(dataDir);
    const documents = [
      { ...aResult(), submitted_at: '2026-02-14T15:05:00.0019+00:00' },
      { ...aFailedResult(), submitted_at: '2026-02-14t15:05:00.001z' },
      { ...aResult(), submitted_at: '2026-02-14T15:05:00Z' },
    ] as JobResult[];
    // Two of one millisecond, by their ids backwards.
    documents.splice(0, 2, ...documents.slice(0, 2).sort((a, b) => (a.job_id < b.job_id ? 1 : -1)));
    for (const document of documents) putByHand(dataDir, document, JSON.stringify(document));
    const paged: JobResult[] = [];
    for (let count = 0; count < documents.length; count += 1) {
      const { submitted_at = null, completed_at = '', job_id = '' } = paged.at(-1) ?? {};
      const after = count === 0 ? {} : { after: { submitted_at, completed_at, job_id } };
      paged.push(...(await results.list({ limit: 1, ...after })));
    }
    expect(paged).toEqual(documents);
    expect(await results.counts('weather')).toEqual({ completed: 2, failed: 1 });
  });
});

import { aResult } from '@dtq/backend-conformance/samples.ts';
import { Defect } from '@dtq/core/errors.ts';
import { expect, it } from 'vitest';
import { freshDataDir, open, sql } from './test/folder.ts';

const UNREADABLE: Readonly<Record<string, (id: string) => string>> = {
  'no JSON': () => 'no JSON',
  'no object': () => '[]',
  'a type that nobody knows': (id) => JSON.stringify({ ...aResult(id), job_type: 'toString' }),
  'a field that breaks its schema': (id) => JSON.stringify({ ...aResult(id), completed_at: 'yesterday' }),
};

for (const [title, document] of Object.entries(UNREADABLE))
  it(`a stored document that cannot be read (${title}) is neither none nor handed out`, async () => {
    const dataDir = freshDataDir();
    const backend = await open(dataDir);
    const result = aResult();
    sql(dataDir, 'INSERT INTO job_results (job_id, document) VALUES (?, ?)', result.job_id, document(result.job_id));
    const unreadable = new Defect(`the document of job ${result.job_id} is stored, but is none that can be read`);
    await expect(backend.results.get(result.job_id)).rejects.toThrow(unreadable);
    await expect(backend.results.insert(result)).rejects.toThrow(unreadable);
    await backend.checks.mongodb();
  });

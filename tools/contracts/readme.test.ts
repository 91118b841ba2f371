import { readFileSync } from 'node:fs';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { describe, expect, it } from 'vitest';
import { answers, hasCurl, runBlocks } from './run-blocks.ts';
import { productSources, root } from './sources.ts';

// The README's examples, as whoever reads it types them: one after the other in one shell, while `npm start` serves.

describe('README.md', () => {
  it.skipIf(!hasCurl)(
    'its examples do what it says',
    async () => {
      const { url } = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder() });
      const said = await runBlocks('README.md', url);

      const [ended] = answers(said, /\?wait=30s/);
      expect(ended).toMatchObject({ final_state: 'completed' });
      expect(said.find(({ command }) => command.includes('/events'))?.output).toContain('event: result');

      expect(said.find(({ command }) => command.endsWith('/metrics'))?.output).toContain('dtq_jobs_accepted_total{');

      const [newest, byCode, byDay] = answers(said, /\/jobs\?/);
      expect(newest).toMatchObject({
        jobs: expect.arrayContaining([expect.objectContaining({ job_id: ended?.['job_id'] })]),
      });
      expect([byCode, byDay]).toMatchObject([{ jobs: [] }, { jobs: [] }]);

      const [first, repeated] = answers(said, /idempotency-key/);
      expect(repeated).toEqual(first);

      const [scheduled, cancelled] = answers(said, /^curl \$API\/jobs\/\$LATER$/);
      expect(scheduled).toMatchObject({ state: 'queued', run_at: expect.any(String), expires_at: expect.any(String) });
      expect(cancelled).toMatchObject({ final_state: 'failed', error: { code: 'cancelled' } });

      const [batch] = answers(said, /jobs:batch/);
      expect(batch).toMatchObject({ accepted: 1, refused: 1, results: [{ status: 202 }, { status: 400 }] });

      const [wouldBe, replayed] = answers(said, /\/replays$/);
      expect(wouldBe).toMatchObject({ matched: 1, replays: [] });
      expect(replayed).toMatchObject({ matched: 1, replays: [{ replay_of: scheduled?.['job_id'], corrected: false }] });
      expect(answers(said, /\/dead-letters\?/)).toEqual([{ dead_letters: [], next_cursor: null }]);
    },
    60_000,
  );

  it('names every variable that the programs read from the environment, and no other', () => {
    const isName = (text: string): boolean => /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(text);
    const sources = productSources('services');
    const strings = [...new Set(sources.flatMap((source) => source.strings.map(({ text }) => text)))];
    const read = sources
      .filter(({ file }) => /config\.ts$/.test(file))
      .flatMap((source) => source.strings.map(({ text }) => text).filter(isName));
    const cells = readFileSync(path.join(root, 'README.md'), 'utf8')
      .split('\n')
      .flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []));
    const named = cells.flatMap((cell) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => String(text)).filter(isName),
    );
    // KAFKA_CA_FILE and its like are put together from a server's name and an ending.
    const isRead = (name: string): boolean =>
      strings.some((text) => text === name || (/^(?:_[A-Z]+){2}$/.test(text) && name.endsWith(text)));
    expect(read.length).toBeGreaterThan(20);
    expect({
      missing: read.filter((name) => !named.includes(name)),
      strange: named.filter((name) => !isRead(name)),
    }).toEqual({ missing: [], strange: [] });
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROBLEMS } from '@dtq/generated/errors.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { describe, expect, it } from 'vitest';
import { itWithPromtool, promtool } from './promtool.ts';
import { answers, hasCurl, runBlocks, runCommands } from './run-blocks.ts';
import { runbookEntries, runbookFaults } from './runbook-entries.ts';
import { productSources, root } from './sources.ts';

// The runbook is read at night: what it quotes must be what is said.

const DOCUMENT = 'infra/RUNBOOK.md';
const text = readFileSync(path.join(root, DOCUMENT), 'utf8');
const rules = readFileSync(path.join(root, 'infra/alerts/dtq.rules.yaml'), 'utf8');
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => String(words));
/** Questions for Prometheus: whatever names a metric. */
const queries = quoted.filter((words) => /(?:\b(?:dtq|nodejs|process)[_:]|^up\{)/.test(words));
/** Questions for an API, in the shell of the first looks. */
const requests = quoted.filter((words) => words.startsWith('curl '));

describe('infra/RUNBOOK.md', () => {
  it.skipIf(!hasCurl)(
    'its quickstart finds a job that went wrong, and its first looks are what it says',
    async () => {
      const { url, log } = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder() });
      const said = await runBlocks(DOCUMENT, url);
      const [document] = answers(said, /\?wait=/);
      expect(document).toMatchObject({
        final_state: 'failed',
        error: { code: 'city_not_found' },
        attempts: [{ worker: expect.any(String) }],
        trace_id: expect.any(String),
      });
      const { job_id, trace_id } = document ?? {};
      expect(answers(said, /trace_id=/)).toMatchObject([{ jobs: [{ job_id }] }]);
      expect(answers(said, /\/status$/)).toMatchObject([{ job_id, state: 'failed' }]);
      const words = log.filter((line) => line['trace_id'] === trace_id).map(({ msg }) => msg);
      expect(words).toEqual(expect.arrayContaining(['accepted', 'ended']));

      expect(answers(said, /healthz/)).toMatchObject([{ status: 'ok', checks: { kafka: true } }]);
      const [system] = answers(said, /system/);
      expect(system).toMatchObject({
        workers: expect.any(Array),
        types: expect.arrayContaining([
          expect.objectContaining({ queued: expect.any(Number), oldest_queued_at: null, run_ms: expect.any(Object) }),
        ]),
      });
      expect(answers(said, /failures/)).toMatchObject([{ groups: expect.any(Array) }]);
      expect(answers(said, /state=failed/)).toMatchObject([{ jobs: [{ job_id }] }]);
      expect(answers(said, /dead-letters/)).toMatchObject([{ dead_letters: [] }]);

      const asked = await runCommands([`API=${url}`, ...requests], url);
      expect(requests.length).toBeGreaterThan(8);
      for (const { output } of asked.slice(1)) expect(() => JSON.parse(output) as unknown, output).not.toThrow();
    },
    60_000,
  );

  it('has one entry for each alert, with all its parts, to which the alert points, and no link leads nowhere', () => {
    expect(runbookEntries(text).length).toBeGreaterThan(15);
    expect(runbookFaults(rules, text)).toEqual([]);
  });

  it('an entry, a part, a pointer or an anchor that is missing is found', () => {
    const without = (words: string | RegExp, by = ''): string[] => runbookFaults(rules, text.replace(words, by));
    expect(without(/^### DtqPartDown\n[\s\S]*?(?=^### )/m)).toContain('DtqPartDown has 0 entries');
    expect(without('### DtqPartDown', '### DtqNoWorkers')).toEqual(
      expect.arrayContaining(['DtqNoWorkers has 2 entries', 'DtqNoWorkers has no anchor']),
    );
    expect(without('### DtqPartDown', '### DtqOther')).toContain('DtqOther is no alert');
    for (const part of ['Meaning', 'See', 'Do'])
      expect(without(`- **${part}**: `, '- ')).toEqual([`DtqProcessDown has no ${part}`]);
    expect(without('## Starts and stops', '## Starts')).toContain('#starts-and-stops leads nowhere');
    expect(runbookFaults(rules.replace('#dtqpartdown', '#dtqother'), text)).toEqual([
      'DtqPartDown points to infra/RUNBOOK.md#dtqother',
    ]);
    expect(runbookFaults(rules.replace(/ +runbook: .*#dtqpartdown\n/, ''), text)).toEqual([
      'DtqPartDown points to undefined',
    ]);
  });

  itWithPromtool('asks Prometheus what it understands', () => {
    const asks = queries.map((expr, index) => ({ record: `dtq:query:${index}`, expr }));
    expect(asks.length).toBeGreaterThan(30);
    const file = path.join(freshFolder(), 'queries.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: asks }] }));
    const { status, said } = promtool(['check', 'rules', file]);
    expect(status, said).toBe(0);
  });

  it('has each answer of a limit and of a failure, under its own status', () => {
    const limits = Object.entries(PROBLEMS).filter(
      ([, { status }]) => [401, 403, 408, 413, 429, 431].includes(status) || status >= 500,
    );
    expect(limits.length).toBeGreaterThan(12);
    expect(limits.filter(([code, { status }]) => !text.includes(`${status} \`${code}\``))).toEqual([]);
  });

  it('quotes what the programs log', () => {
    const strings = new Set(
      productSources('services').flatMap((source) => source.strings.map(({ text: said }) => said)),
    );
    const sentences = quoted.filter(
      (words) =>
        /^[a-z]+:? [a-z]/i.test(words) && !/^(?:npm|ss|GET|POST|kubectl) /.test(words) && !queries.includes(words),
    );
    expect(sentences.length).toBeGreaterThan(15);
    expect(sentences.filter((words) => !strings.has(words))).toEqual([]);
  });

  it('names variables that the programs read, and every limit of the API', () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const names = quoted.filter((words) => /^[A-Z]+(?:_[A-Z]+)+$/.test(words) && words !== 'JOB_ID');
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
    const limits = [...readme.matchAll(/`(API_(?:MAX|RATE|EVENTS_MAX|TRUSTED|KEYS|CORS|SHUTDOWN)[A-Z_]*)`/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(limits)].filter((name) => name !== 'API_RATE_BURST' && !names.includes(String(name)))).toEqual(
      [],
    );
  });
});

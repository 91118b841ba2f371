import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROBLEMS } from '@dtq/generated/errors.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { describe, expect, it } from 'vitest';
import { answers, hasCurl, runBlocks } from './run-blocks.ts';
import { productSources, root } from './sources.ts';

// The runbook is read at night: what it quotes must be what is said.

const DOCUMENT = 'infra/RUNBOOK.md';
const text = readFileSync(path.join(root, DOCUMENT), 'utf8');
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => String(words));

describe('infra/RUNBOOK.md', () => {
  it.skipIf(!hasCurl)('its first looks are what it says', async () => {
    const { url } = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder() });
    const said = await runBlocks(DOCUMENT, url);
    expect(answers(said, /healthz/)).toMatchObject([{ status: 'ok', checks: { kafka: true } }]);
    const [system] = answers(said, /system/);
    expect(system).toMatchObject({
      workers: expect.any(Array),
      types: expect.arrayContaining([
        expect.objectContaining({ queued: expect.any(Number), oldest_queued_at: null, run_ms: expect.any(Object) }),
      ]),
    });
    expect(answers(said, /failures/)).toMatchObject([{ groups: [] }]);
    expect(answers(said, /jobs\?/)).toMatchObject([{ jobs: [] }]);
    expect(answers(said, /dead-letters/)).toMatchObject([{ dead_letters: [] }]);
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
      (words) => /^[a-z]+:? [a-z]/i.test(words) && !/^(?:npm|ss|GET|POST|kubectl) /.test(words),
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

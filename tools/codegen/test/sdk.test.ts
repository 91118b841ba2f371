import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow } from '../files.ts';
import { generate } from '../generate.ts';
import { root, scratchCopy } from './scratch.ts';

const runtime = path.join(root, 'tools/codegen/sdk-runtime');

describe('the package of the SDK', () => {
  it('has what is written by hand as it stands there, and no test of it', async () => {
    const { files } = await generate(scratchCopy().folder);
    const copied = filesBelow(runtime, '.').filter((file) => !/\.test\.ts$|\/test\/|tsconfig/.test(file));
    expect(copied.length).toBeGreaterThan(20);
    for (const file of copied) {
      const lines = readFileSync(path.join(runtime, file), 'utf8').replace(/^#!.*\n/, '');
      expect(files.get(`sdk/${file.slice(2)}`)?.endsWith(lines), file).toBe(true);
    }
    const known = new Set([...copied.map((file) => `sdk/${file.slice(2)}`), 'sdk/package.json', 'sdk/tables.ts']);
    expect([...files.keys()].filter((file) => file.startsWith('sdk/') && !known.has(file))).toEqual([]);
  });

  it('takes its version and what may be repeated from the contracts', async () => {
    const scratch = scratchCopy();
    const [version = ''] = /^ {2}version: \S+$/m.exec(scratch.read('specs/openapi.yaml')) ?? [];
    scratch.edit('specs/openapi.yaml', version, '  version: 7.8.9');
    scratch.edit('specs/schemas/SubmitJobsRequest.json', '"maxItems": 1000', '"maxItems": 17');
    const { files } = await generate(scratch.folder);
    expect(JSON.parse(files.get('sdk/package.json') ?? '')).toMatchObject({ name: '@dtq/sdk', version: '7.8.9' });
    const tables = files.get('sdk/tables.ts');
    expect(tables).toContain('export const VERSION = "7.8.9"');
    expect(tables).toContain('export const MOST_IN_BATCH = 17;');
    for (const row of ['submitJob: "with_key"', 'listJobs: "always"', 'cancelJob: "never"', 'replayJobs: "with_key"'])
      expect(tables).toContain(row);
  });
});

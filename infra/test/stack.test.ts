import { describe, expect, test } from 'vitest';
import { environmentPath, readEnvironment } from '../environment.ts';
import { readSettings } from '../settings.ts';
import { smoke } from '../smoke.ts';
import { status } from '../status.ts';

const settings = readSettings();
const environment = readEnvironment(settings.dir);
const rows = environment === undefined ? [] : await status(settings);
const down = rows.length === 0 || rows.some((row) => row.state !== 'ready');

describe.skipIf(down)(`the stack that runs now${down ? ' (skipped: it is down, npm run infra:up)' : ''}`, () => {
  test(`speaks every protocol, as ${environmentPath(settings.dir)} says`, { timeout: 60_000 }, async () => {
    if (environment === undefined) throw new Error('unreachable: the suite is skipped without it');
    const failed = (await smoke(environment)).filter((row) => !row.passed);
    expect(failed).toEqual([]);
  });
});

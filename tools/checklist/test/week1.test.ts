import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { expect, it } from 'vitest';
import { hasBrowser } from '../page.ts';
import { runTool } from './run-tool.ts';

// The whole checklist as its command runs it: on a platform that is as it should be, and on some that are not.

const TIMEOUT_MS = 300_000;

describeWithStack('npm run check:week1', () => {
  it.runIf(hasBrowser())('passes, and keeps its evidence', { timeout: TIMEOUT_MS }, async () => {
    const folder = freshFolder();
    const { code, output, passed, failed } = await runTool('week1', ['--out', folder]);
    expect({ code, failed }, output).toEqual({ code: 0, failed: [] });
    expect(output).toMatch(/^19 passed, 0 failed$/m);
    expect(passed).toHaveLength(19);
    const report = readFileSync(path.join(folder, 'report.md'), 'utf8');
    expect(report).toContain('**19 passed, 0 failed**');
    for (const title of passed) expect(report).toContain(title);
    const pictures = [...report.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file]) => String(file));
    expect(pictures.length).toBeGreaterThan(3);
    for (const file of pictures) expect(existsSync(path.join(folder, file)), file).toBe(true);
  });

  it('marks what is not as the contracts say, and goes on with the rest', { timeout: TIMEOUT_MS }, async () => {
    const environment = { STATUS_TTL: '1h', LOG_REDACT: 'trace_id', DTQ_CHROMIUM: '/nowhere/chromium' };
    const { code, output, passed, failed } = await runTool('week1', ['--out', freshFolder()], environment);
    expect(code, output).toBe(1);
    expect(failed).toEqual([
      expect.stringContaining('through the page'),
      expect.stringContaining('of a job that waits, 0 %'),
      expect.stringContaining('the milestones'),
      expect.stringContaining('The page, untouched since'),
      expect.stringContaining('Logs'),
    ]);
    expect(passed).toHaveLength(14);
    expect(output).toContain('FAILED: there is no browser at /nowhere/chromium: install chromium');
    expect(output).toContain('FAILED: the time to live must be 86400000 ms less a moment, and is 3');
    expect(output).toMatch(/FAILED: of \d+ lines of the API on the job 0 carry both ids/);
    expect(output).toMatch(/^14 passed, 5 failed$/m);
  });

  it('without a worker: what needs one is not tried, and everything is taken down', {
    timeout: TIMEOUT_MS,
  }, async () => {
    // No worker starts with it.
    const environment = { WORKER_JOB_TYPES: 'nonsense' };
    const { code, output, passed, failed } = await runTool('week1', ['--out', freshFolder()], environment);
    expect(code, output).toBe(1);
    expect(output).toMatch(/FAILED: worker ended with 1: dtq-worker: WORKER_JOB_TYPES/);
    expect(output).toContain('FAILED: not tried: it needs "The worker starts, joins its groups and is healthy"');
    expect(failed[0]).toBe(hasBrowser() ? 'The worker starts, joins its groups and is healthy' : failed[0]);
    expect(passed.at(-1)).toMatch(/^Take down/);
  });
});

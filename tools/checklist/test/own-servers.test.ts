import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { down } from '@dtq/infra/down.ts';
import { Progress } from '@dtq/infra/progress.ts';
import { readSettings } from '@dtq/infra/settings.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool } from './run-tool.ts';

// Where no server runs, the checklist brings all of them up and leaves nothing. This takes a stack of its own, as
// infra/test/lifecycle.test.ts does, and runs when that does.

const asked = process.env['DTQ_INFRA_LIFECYCLE'] === '1';

describe.skipIf(!asked)(
  `the checklist without servers${asked ? '' : ' (skipped: DTQ_INFRA_LIFECYCLE=1 runs it)'}`,
  () => {
    const dir = path.join(tmpdir(), `dtq-checklist-servers-${process.pid}`);
    const environment = {
      DTQ_INFRA_DIR: dir,
      DTQ_INFRA_CACHE: readSettings().cacheDir,
      DTQ_INFRA: 'native',
      DTQ_INFRA_PORT_OFFSET: '800',
    };

    afterAll(async () => {
      await down(readSettings(environment), true, new Progress({ write: () => undefined }));
      rmSync(dir, { recursive: true, force: true });
    }, 120_000);

    it('brings them up, passes, and takes them down again', { timeout: 900_000 }, async () => {
      const { code, output, failed } = await runTool('week1', ['--out', freshFolder()], environment);
      expect({ code, failed }, output).toEqual({ code: 0, failed: [] });
      expect(output).toContain('brought up here, all of them');
      expect(output).toContain('data, logs and passwords removed');
      for (const name of ['data', 'run', 'secrets.json', 'env', 'stack.json'])
        expect(existsSync(path.join(dir, name)), name).toBe(false);
    });
  },
);

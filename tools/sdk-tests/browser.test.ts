import { existsSync } from 'node:fs';
import path from 'node:path';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { CHROMIUM } from '@dtq/testkit/chromium.ts';
import { build } from 'vite';
import { expect, it } from 'vitest';
import { openPage, serve } from './browser.ts';
import { startPlatform } from './platform.ts';
import { addFile, makeStranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

const tarball = useTarball();
const isLeftOut = !existsSync(CHROMIUM) && process.env['CI'] === undefined;
if (isLeftOut)
  console.log(
    'dtq: left out: the SDK in a browser; to run it too: apt-get install chromium, or DTQ_CHROMIUM=/path/to/it',
  );

it.skipIf(isLeftOut)("the stranger's same file does the same in a browser, bundled", { timeout: 180_000 }, async () => {
  if (!existsSync(CHROMIUM)) throw new Error('there is no Chromium, and CI must not leave this out');
  const project = await makeStranger((await tarball()).file);
  for (const file of ['show-jobs.ts', 'page.ts']) addFile(project, file);
  project.write('index.html', '<!doctype html><body><script type="module" src="./page.ts"></script></body>');
  await build({ root: project.folder, configFile: false, logLevel: 'error', build: { target: 'es2022' } });

  const { url } = await startPlatform();
  const page = await openPage(await serve(path.join(project.folder, 'dist'), url));
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.getByText(/^the end/).waitFor();
  const lines = await page.locator('p').allTextContents();
  expect(faults).toEqual([]);
  expect(lines.at(-1)).toBe('the end');
  for (const type of JOB_TYPE_VALUES) expect(lines.filter((line) => line.startsWith(`${type}: `))).toHaveLength(1);
  expect(lines.filter((line) => line === 'completed 100 %')).toHaveLength(JOB_TYPE_VALUES.length);
});

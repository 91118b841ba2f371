import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { CHROMIUM } from '@dtq/testkit/chromium.ts';
import { chromium } from 'playwright-core';
import { fill } from './lifelike.ts';
import { openSite } from './site.ts';

// Every view, light and dark, on a phone and on a desktop: `npm run web:screenshots [FOLDER]`. With `--readme` the few
// that the README shows, into web/screenshots.

const root = path.resolve(import.meta.dirname, '../..');
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 2560, height: 1300 };
const README: readonly (readonly [view: string, scheme: 'light' | 'dark'])[] = [
  ['job-weather', 'light'],
  ['job-retried', 'dark'],
  ['jobs', 'light'],
  ['failures', 'light'],
  ['system', 'dark'],
];
/** The repository keeps them, so they are small, in bytes. */
const README_AT_MOST = 150_000;

const isForReadme = process.argv.includes('--readme');
const named = process.argv.slice(2).find((word) => !word.startsWith('-'));
const folder = isForReadme
  ? path.join(root, 'web/screenshots')
  : path.resolve(named ?? path.join(root, '.dtq/web-screenshots'));

const site = await openSite();
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  mkdirSync(folder, { recursive: true });
  const { views } = await fill(site);
  if (isForReadme) for (const [view, scheme] of README) await shoot(view, scheme, 'desktop', DESKTOP);
  else {
    for (const scheme of ['light', 'dark'] as const) {
      for (const view of Object.keys(views)) {
        await shoot(view, scheme, 'desktop', DESKTOP);
        await shoot(view, scheme, 'phone', PHONE);
        if (scheme === 'light') await shoot(view, scheme, 'wide', WIDE);
      }
    }
  }

  async function shoot(
    view: string,
    colorScheme: 'light' | 'dark',
    device: string,
    viewport: typeof DESKTOP,
  ): Promise<void> {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(site.url + views[view]);
    await page.locator('main h1').first().waitFor();
    await page.locator('.loading').waitFor({ state: 'detached' });
    await page.evaluate(() => document.fonts.ready);
    // A chart of the backlog needs a few looks to be a line.
    await page.waitForTimeout(view === 'system' ? 5000 : 400);
    const file = path.join(folder, `${view}-${device}-${colorScheme}.png`);
    await page.screenshot({ path: file, fullPage: device === 'phone' });
    await context.close();
    const { size } = statSync(file);
    if (isForReadme && size > README_AT_MOST) throw new Error(`${file} has ${size} bytes, more than ${README_AT_MOST}`);
    process.stdout.write(`${file}\n`);
  }
} finally {
  await browser.close();
  await site.close();
}

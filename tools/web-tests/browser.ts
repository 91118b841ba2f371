import { existsSync } from 'node:fs';
import { CHROMIUM } from '@dtq/testkit/chromium.ts';
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

/** What a page may wait for at most, in milliseconds, on a slow machine that others load too. */
export const PATIENCE_MS = 15_000;

let browser: Promise<Browser> | undefined;

/** The browser that the tests of a file share. */
export function launch(): Promise<Browser> {
  // Chromium refuses its own sandbox to root, which is who runs the tests in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser ??= chromium.launch({ executablePath: CHROMIUM, args });
  return browser;
}

/** Declares tests that need a browser; where there is none it is skipped with one line, and fails where CI is set. */
export function describeWithBrowser(name: string, tests: () => void): void {
  if (existsSync(CHROMIUM)) {
    describe(name, { timeout: 90_000 }, () => {
      afterAll(async () => {
        await (await browser)?.close();
        browser = undefined;
      });
      tests();
    });
    return;
  }
  const cure = `there is no browser at ${CHROMIUM}: install chromium, or set DTQ_CHROMIUM to its path`;
  describe(`${name} (${process.env['CI'] === undefined ? 'skipped: ' : ''}${cure})`, () => {
    it.skipIf(process.env['CI'] === undefined)('needs a browser', () => {
      throw new Error(cure);
    });
  });
}

export interface OpenOptions extends BrowserContextOptions {
  /** Whether the test itself cuts the page off from its server, which the browser then complains of. */
  readonly cutsOff?: boolean;
  /** Whether the API refuses the page something for want of a key or a role, which the browser then complains of. */
  readonly isRefused?: boolean;
  /** Whether the test moves the page's clock (`page.clock`). */
  readonly movesClock?: boolean;
}

/** A page in a browser profile of its own, until the running test ends; it must not complain of anything meanwhile. */
export async function openPage(
  url: string,
  { cutsOff = false, isRefused = false, movesClock = false, ...options }: OpenOptions = {},
): Promise<Page> {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  onTestFinished(async () => {
    await context.close();
    // A request that is refused or cut off is logged by the browser itself; everything else is a defect.
    const isMeant = (line: string) =>
      (cutsOff && /Failed to load resource|net::ERR/.test(line)) || (isRefused && /status of 40[13] /.test(line));
    expect(complaints.filter((line) => !isMeant(line))).toEqual([]);
  });
  if (movesClock) await page.clock.install();
  await page.goto(url);
  await page.locator('main h1').first().waitFor();
  return page;
}

/** A second tab beside a page, in the same browser profile. */
export async function openTab(page: Page, url: string): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(url);
  await tab.locator('main h1').first().waitFor();
  return tab;
}

export function devtools(page: Page): Promise<CDPSession> {
  return page.context().newCDPSession(page);
}

/** Whatever a page complains of: errors, warnings, and what the Content-Security-Policy refused. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('console', (message) => {
    // 404 is an answer that some tests ask for.
    const isMeant = /status of 404/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isMeant) complaints.push(message.text());
  });
  return complaints;
}

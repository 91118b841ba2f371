import { existsSync } from 'node:fs';
import path from 'node:path';
import { CHROMIUM } from '@dtq/testkit/chromium.ts';
import { type Browser, chromium, type Page } from 'playwright-core';

const VIEWPORT = { width: 1280, height: 900 };

/** What a page may wait for at most, in milliseconds, on a slow machine that others load too. */
const PATIENCE_MS = 30_000;

export const NO_BROWSER = `there is no browser at ${CHROMIUM}: install chromium (Debian: apt-get install chromium), or set DTQ_CHROMIUM to its path`;

export const hasBrowser = (): boolean => existsSync(CHROMIUM);

/** A real browser without a window. */
export class Pages {
  readonly #folder: string;
  #browser: Promise<Browser> | undefined;

  /** `folder` takes the pictures. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a page of dtq; rejects with a hint where there is no browser. */
  async open(url: string): Promise<Page> {
    if (!hasBrowser()) throw new Error(NO_BROWSER);
    // Chromium refuses its own sandbox to root, which is who runs things in a container.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    this.#browser ??= chromium.launch({ executablePath: CHROMIUM, args, handleSIGINT: false, handleSIGTERM: false });
    const context = await (await this.#browser).newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('main h1').first().waitFor();
    return page;
  }

  /** Takes a picture once fonts are there and nothing is loading; gives its path. */
  async shoot(page: Page, name: string): Promise<string> {
    await page.locator('.loading').waitFor({ state: 'detached' });
    await page.evaluate(() => document.fonts.ready);
    const file = path.join(this.#folder, `${name}.png`);
    await page.screenshot({ path: file });
    return file;
  }

  async close(): Promise<void> {
    await (await this.#browser?.catch(() => undefined))?.close();
  }
}

import { createClient, type SubmitOptions } from '@dtq/sdk';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { freePort } from '@dtq/testkit/free-port.ts';
import { AUSTIN } from '@dtq/testkit/held-handler.ts';
import { type Keys, makeKeys } from '@dtq/testkit/keys.ts';
import { type Program, startProgram } from '@dtq/testkit/program.ts';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { seriousOf } from './axe.ts';
import { describeWithBrowser, openPage, openTab, PATIENCE_MS } from './browser.ts';
import { startSite } from './site.ts';

// The page over an API process that wants keys, as somebody who was given one would use it.

const CALLERS = { all: ['submit', 'read', 'operate'], reader: ['read'], submitter: ['submit'] } as const;

interface Guarded {
  readonly url: string;
  readonly keys: Keys<keyof typeof CALLERS>;
  /** Starts it once more over the same file, at the same address. */
  restart(): Promise<void>;
  readonly program: () => Program;
  /** Submits a job as another program would; gives its id. */
  submit(options?: SubmitOptions): Promise<string>;
}

/** A stream begins with a line or two of its own; an event of a job is longer than those. */
const AN_EVENT_BYTES = 100;

/** How many bytes of event streams have come to a page, from now on. */
async function hearing(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const streams = new Set<string>();
  let bytes = 0;
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.url.endsWith('/events')) streams.add(requestId);
  });
  session.on('Network.dataReceived', ({ requestId, dataLength }) => {
    if (streams.has(requestId)) bytes += dataLength;
  });
  return () => bytes;
}

async function guarded(): Promise<Guarded> {
  const keys = makeKeys(CALLERS);
  const environment = {
    API_ADDR: `127.0.0.1:${await freePort()}`,
    DTQ_DATA_DIR: freshFolder(),
    API_KEYS_FILE: keys.file,
  };
  let program = await startProgram('services/standalone/main.ts', environment);
  const { url } = program;
  const client = createClient({ baseUrl: url, apiKey: keys.of.all });
  return {
    url,
    keys,
    program: () => program,
    restart: async () => {
      program = await startProgram('services/standalone/main.ts', environment);
    },
    submit: async (options = {}) => (await client.submit('weather', AUSTIN, options)).job_id,
  };
}

const dialogOf = (page: Page) => page.getByRole('dialog');

async function give(page: Page, key: string, options: { readonly onDevice?: boolean } = {}): Promise<void> {
  const dialog = dialogOf(page);
  await dialog.getByLabel('Key', { exact: true }).fill(key);
  if (options.onDevice) await dialog.getByLabel('Keep it on this device').check();
  await dialog.getByRole('button', { name: 'Use this key' }).click();
}

/** What a browser keeps of a page. */
function kept(page: Page): Promise<{ readonly tab: readonly string[]; readonly device: readonly string[] }> {
  return page.evaluate(() => ({ tab: Object.values(sessionStorage), device: Object.values(localStorage) }));
}

describeWithBrowser('the page of an API that wants keys', () => {
  it('asks for one, says what is wrong with it, and goes on', async () => {
    const { url, keys, submit } = await guarded();
    await submit({ delay: '1h' });
    const page = await openPage(`${url}/jobs`, { isRefused: true });
    const dialog = dialogOf(page);
    await dialog.getByRole('heading', { name: 'This API wants a key' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('api-key');
    await give(page, 'billing submit,read 1f0c 9ab2');
    await dialog.getByText('That is no key: it is one word').waitFor();
    await give(page, keys.of.all.slice(0, -1));
    await dialog.getByText('The API does not know this key.').waitFor();
    expect(await dialog.getByLabel('Key', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await give(page, ` Bearer ${keys.of.all}\n`);
    await page.locator('tbody tr').waitFor();
    await expect.poll(() => dialog.count()).toBe(0);
    // For this tab alone, through a reload, and nowhere to be read.
    expect(await kept(page)).toEqual({ tab: [keys.of.all], device: [] });
    await page.reload();
    await page.locator('tbody tr').waitFor();
    expect(page.url()).toBe(`${url}/jobs`);
    expect(await page.content()).not.toContain(keys.of.all);
    const other = await openTab(page, `${url}/jobs`);
    await dialogOf(other).getByRole('heading', { name: 'This API wants a key' }).waitFor();
  });

  it('sends a submit by itself once it has a key, and shows none in what is copied', async () => {
    const { url, keys } = await guarded();
    const page = await openPage(url, { isRefused: true });
    expect(await page.getByRole('button', { name: 'API key' }).count()).toBe(0);
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await give(page, keys.of.all);
    await page.locator('.hero .sky').waitFor();
    await page.getByRole('link', { name: 'Run again with changes' }).click();
    await page.getByText('The same from a shell or a program').click();
    expect(await page.locator('.samples pre').textContent()).toContain('-H "authorization: Bearer $DTQ_API_KEY"');
    expect(await page.content()).not.toContain(keys.of.all);
  });

  it('keeps a key on the device for every tab, until one forgets it', async () => {
    const { url, keys, submit } = await guarded();
    await submit({ delay: '1h' });
    const page = await openPage(`${url}/jobs`, { isRefused: true });
    const waiting = await openTab(page, `${url}/jobs`);
    await dialogOf(waiting).waitFor();
    await give(page, keys.of.all, { onDevice: true });
    await page.locator('tbody tr').waitFor();
    await waiting.locator('tbody tr').waitFor();
    expect(await dialogOf(waiting).count()).toBe(0);
    const later = await openTab(page, `${url}/jobs`);
    await later.locator('tbody tr').waitFor();
    await page.getByRole('button', { name: 'API key' }).click();
    await dialogOf(page).getByText('kept on this device').waitFor();
    await dialogOf(page).getByRole('button', { name: 'Forget the key' }).click();
    for (const tab of [page, later]) {
      await dialogOf(tab).getByRole('heading', { name: 'This API wants a key' }).waitFor();
      // What the key let somebody see goes with it.
      expect(await tab.locator('tbody tr').count()).toBe(0);
    }
    expect(await kept(page)).toEqual({ tab: [], device: [] });
  });

  it('says where a role is missing, and does it with another key', async () => {
    const { url, keys, submit } = await guarded();
    const jobId = await submit({ delay: '1h' });
    const page = await openPage(`${url}/jobs/${jobId}`, { isRefused: true });
    await give(page, keys.of.reader);
    await page.getByText('It waits for its time').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    const notice = page.getByRole('alert');
    await notice.getByText('The key of reader lacks the role operate.').waitFor();
    await page.getByRole('link', { name: 'Submit' }).click();
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await notice.getByText('The key of reader lacks the role submit.').waitFor();
    await notice.getByRole('button', { name: 'Use another key' }).click();
    await give(page, keys.of.submitter);
    await page.getByRole('button', { name: 'Get the weather' }).click();
    // It is submitted, and what became of it is not for this key.
    await notice.getByText('The key of submitter lacks the role read.').waitFor();
    await notice.getByRole('button', { name: 'Use another key' }).click();
    await give(page, keys.of.all);
    await page.locator('.hero .sky').waitFor();
    await page.goto(`${url}/jobs/${jobId}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByText('Somebody cancelled the job').waitFor();
  });

  it('notices when its key is taken out, and goes on with the next one', async () => {
    const { url, keys, submit } = await guarded();
    await submit({ delay: '1h' });
    const page = await openPage(`${url}/jobs`, { isRefused: true });
    await give(page, keys.of.all);
    await page.locator('tbody tr').waitFor();
    const next = keys.add('next', ['read']);
    keys.remove('all');
    await dialogOf(page).getByRole('heading', { name: 'The key was refused' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('The key was refused.').waitFor();
    await page.getByRole('button', { name: 'Give a key' }).first().click();
    await give(page, next);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.locator('.notice').count()).toBe(0);
  });

  it('follows a job live, through a reload and a server that is killed', async () => {
    const { url, keys, submit, program, restart } = await guarded();
    const jobId = await submit({ delay: '25s' });
    const page = await openPage(`${url}/jobs/${jobId}`, { isRefused: true, cutsOff: true });
    await give(page, keys.of.all);
    await page.getByText('It waits for its time').waitFor();
    const streams: Record<string, string>[] = [];
    page.on('request', (request) => {
      expect(request.url()).not.toContain(keys.of.all);
      if (request.url().endsWith('/events')) streams.push(request.headers());
    });
    const heard = await hearing(page);
    await page.reload();
    await page.getByText('It waits for its time').waitFor();
    await expect.poll(heard, { timeout: PATIENCE_MS }).toBeGreaterThan(AN_EVENT_BYTES);
    const before = streams.length;
    await program().end('SIGKILL');
    await page.getByText('No answer from the API.').waitFor();
    await restart();
    await page.locator('.hero .sky').waitFor({ timeout: 60_000 });
    expect(await dialogOf(page).count()).toBe(0);
    expect(streams.length).toBeGreaterThan(before);
    for (const { authorization } of streams) expect(authorization).toBe(`Bearer ${keys.of.all}`);
    // What was heard before the break is not told again.
    expect(streams.at(-1)?.['last-event-id']).toMatch(/^\d+$/);
    expect(program().output()).not.toContain(keys.of.all);
  });

  it.each([
    ['light', 360],
    ['dark', 360],
    ['light', 1280],
    ['dark', 1280],
  ] as const)(
    'asks everybody: %s at %i px, axe finds nothing serious, and the keyboard is enough',
    async (colorScheme, width) => {
      const { url, keys } = await guarded();
      const page = await openPage(`${url}/system`, { isRefused: true, colorScheme, viewport: { width, height: 740 } });
      const over = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await dialogOf(page).waitFor();
      expect(await seriousOf(page)).toEqual([]);
      expect(await over()).toBeLessThanOrEqual(0);
      await page.keyboard.press('Escape');
      await page.getByText('This API wants a key.').waitFor();
      expect(await seriousOf(page)).toEqual([]);
      expect(await over()).toBeLessThanOrEqual(0);
      await page.getByRole('button', { name: 'API key' }).focus();
      await page.keyboard.press('Enter');
      await dialogOf(page).waitFor();
      await page.keyboard.type(keys.of.all);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await page.locator('.numbers').waitFor();
      expect((await kept(page)).device).toEqual([keys.of.all]);
      await page.getByRole('button', { name: 'API key' }).click();
      await dialogOf(page).getByRole('button', { name: 'Forget the key' }).waitFor();
      expect(await seriousOf(page)).toEqual([]);
      expect(await over()).toBeLessThanOrEqual(0);
    },
  );
});

describeWithBrowser('the documents of an API that wants keys', () => {
  it('are for everybody; to try an operation out there is a place for a key, which no command shows', async () => {
    const { url, keys } = await guarded();
    const page = await openPage(`${url}/docs/`, { isRefused: true });
    await page.goto(`${url}/docs/try`);
    const operation = page.locator('.opblock', { hasText: 'How dtq is, at a glance' });
    await operation.locator('.opblock-summary-control').click();
    const execute = async (status: string) => {
      await operation.getByRole('button', { name: 'Execute' }).click();
      await operation.locator('.live-responses-table .response-col_status', { hasText: status }).waitFor();
    };
    await execute('401');
    await page.getByRole('button', { name: 'Authorize', exact: true }).first().click();
    const place = page.locator('.modal-ux');
    await place.locator('input').fill(keys.of.all);
    const isHidden = (input: Element) => getComputedStyle(input).getPropertyValue('-webkit-text-security') === 'disc';
    expect(await place.locator('input').evaluate(isHidden)).toBe(true);
    await place.getByRole('button', { name: 'Apply credentials' }).click();
    await place.getByRole('button', { name: 'Close' }).last().click();
    await execute('200');
    expect(await operation.locator('.curl-command').textContent()).toContain('Authorization: Bearer $DTQ_API_KEY');
    expect(await page.content()).not.toContain(keys.of.all);
    expect(await kept(page)).toEqual({ tab: [], device: [] });
  });
});

describeWithBrowser('the page of an API that wants no keys', () => {
  it('says nothing of keys', async () => {
    const site = await startSite();
    const page = await openPage(`${site.url}/jobs`);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'API key' }).count()).toBe(0);
    expect(await dialogOf(page).count()).toBe(0);
    await page.goto(site.url);
    await page.getByText('The same from a shell or a program').click();
    expect(await page.locator('.samples pre').textContent()).not.toContain('authorization');
  });
});

import { createClient } from '@dtq/generated/rest/client.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { freePort } from '@dtq/testkit/free-port.ts';
import { AUSTIN, heldHandler } from '@dtq/testkit/held-handler.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { expect, it } from 'vitest';
import { describeWithBrowser, devtools, openPage, openTab } from './browser.ts';
import { startSite } from './site.ts';

const WEATHER = { job_type: 'weather', payload: AUSTIN } as const;
const VIEWS = ['/', '/jobs', '/failures', '/dead-letters', '/system'] as const;

describeWithBrowser('the page keeps going', () => {
  it('through a server that is killed in mid-job and started again', async () => {
    const environment = { API_ADDR: `127.0.0.1:${await freePort()}`, DTQ_DATA_DIR: freshFolder() };
    const first = await startProgram('services/standalone/main.ts', environment);
    const { data } = await createClient({ baseUrl: first.url }).submitJob({ body: { ...WEATHER, delay: '6s' } });
    const page = await openPage(`${first.url}/jobs/${data?.job_id}`, { cutsOff: true });
    await page.getByText('It waits for its time').waitFor();
    await first.end('SIGKILL');
    await page.getByText('No answer from the API.').waitFor();
    await startProgram('services/standalone/main.ts', environment);
    await page.locator('.hero .sky').waitFor({ timeout: 30_000 });
    await page.getByText('No answer from the API.').waitFor({ state: 'detached' });
  });

  it('through a lost network, and looks again at once when it is back', async () => {
    const { handlers, letGo } = heldHandler();
    const site = await startSite({ handlers });
    const page = await openPage(`${site.url}/jobs`, { cutsOff: true });
    await page.context().setOffline(true);
    await page.getByText('No answer from the API.').waitFor();
    await page.getByText('Trying again…').waitFor();
    await site.submit(WEATHER);
    await page.context().setOffline(false);
    await page.locator('tbody tr[data-state="running"]').waitFor();
    await page.getByText('No answer from the API.').waitFor({ state: 'detached' });
    letGo();
  });

  it('in two tabs at once', async () => {
    const { handlers, letGo } = heldHandler();
    const site = await startSite({ handlers });
    const page = await openPage(site.url);
    const other = await openTab(page, site.url);
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await other.locator('.recent li', { hasText: 'Oslo' }).waitFor();
    letGo();
    await other.locator('.recent li', { hasText: 'completed' }).waitFor();
  });

  it('after its machine slept: what was open before may be dead, so it is opened anew', async () => {
    const { handlers, letGo } = heldHandler();
    const site = await startSite({ handlers });
    const jobId = await site.submit(WEATHER);
    const page = await openPage(site.url, { movesClock: true, cutsOff: true });
    let streams = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/events')) streams += 1;
    });
    await page.goto(`${site.url}/jobs/${jobId}`);
    await page.locator('.stop-current', { hasText: 'calling' }).waitFor();
    await expect.poll(() => streams).toBe(1);
    await page.clock.fastForward('10:00');
    await expect.poll(() => streams, { timeout: 10_000 }).toBe(2);
    letGo();
    await page.locator('.hero-value').waitFor();
  });

  it('and rests while nobody looks at it', async () => {
    const site = await startSite({ worker: false });
    const page = await openPage(`${site.url}/jobs`);
    let looks = 0;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/v1/jobs') looks += 1;
    });
    const hide = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(1);
    await hide(true);
    await site.submit(WEATHER);
    // One look may be on its way; after it there is none, for longer than two would take.
    const before = looks;
    await page.waitForTimeout(5000);
    expect(looks - before).toBeLessThanOrEqual(1);
    await hide(false);
    await page.locator('tbody tr').waitFor();
  });

  it('on a slow network', async () => {
    const site = await startSite();
    const page = await openPage(site.url);
    const session = await devtools(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: 50_000,
      uploadThroughput: 20_000,
    });
    await page.reload();
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await page.locator('.hero .sky').waitFor({ timeout: 30_000 });
  });
});

describeWithBrowser('the page is for everybody', () => {
  it.each([360, 1280, 2560])('nothing sticks out at %i px', async (width) => {
    const site = await startSite();
    const jobId = await site.submit({ job_type: 'github_user', payload: { username: 'nobody' } });
    await site.ended(jobId);
    const page = await openPage(site.url, { viewport: { width, height: 800 } });
    for (const view of [...VIEWS, `/jobs/${jobId}`]) {
      await page.goto(site.url + view);
      await page.locator('main h1').first().waitFor();
      await page.locator('.loading').waitFor({ state: 'detached' });
      for (const fold of await page.locator('main summary').all()) await fold.click();
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(over, `${view} at ${width} px`).toBeLessThanOrEqual(0);
    }
  });

  it('by keyboard alone, from the address to a result', async () => {
    const site = await startSite();
    const page = await openPage(site.url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('job-type');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const submit = page.getByRole('button', { name: 'Get quotations' });
    await submit.waitFor();
    const isThere = () => submit.evaluate((button) => button === document.activeElement);
    for (let presses = 0; presses < 20 && !(await isThere()); presses++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.quotes blockquote').first().waitFor();
    // A new place: the focus is on its heading, so that a screen reader reads it.
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  it('dark or light as its reader chose, in every tab and after a reload', async () => {
    const site = await startSite();
    const page = await openPage(site.url, { colorScheme: 'light' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.locator('main h1').waitFor();
    expect(await ground()).toBe(dark);
  });

  it('tells each moment in UTC too', async () => {
    const site = await startSite();
    const page = await openPage(`${site.url}/jobs/${await site.submit(WEATHER)}`, { timezoneId: 'Asia/Tokyo' });
    const time = page.locator('.papers time').first();
    const at = (await time.getAttribute('datetime')) ?? '';
    expect(await time.getAttribute('title')).toBe(`${at.replace('T', ' ').replace('Z', '')} UTC`);
    const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', timeZone: 'Asia/Tokyo' }).format(Date.parse(at));
    expect(await time.textContent()).toContain(` ${hour}:`);
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { JOB_PAGES, JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeWithBrowser, openPage } from './browser.ts';
import { startSite } from './site.ts';

/** What only a result shown as people read it has. */
const RESULT_MARKS: { readonly [T in JobType]?: string } = {
  weather: '.hero .sky',
  exchange_rate: '.conversion .hero-value',
  github_user: '.profile .monogram',
  quote: '.quotes blockquote',
};

function postsOf(page: Page): readonly string[] {
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.postData() ?? ''));
  return posts;
}

const choose = (page: Page, type: JobType) => page.locator('.type-card', { hasText: JOB_TITLES[type].title }).click();

describeWithBrowser('submitting a job', () => {
  it.each(JOB_TYPE_VALUES)('%s: an example, a press, and its result as people read it', async (type) => {
    const { url } = await startSite();
    const page = await openPage(url);
    const { submit } = await JOB_PAGES[type]();
    await choose(page, type);
    await page.getByRole('button', { name: submit }).waitFor();
    await page.locator('.examples .chip').first().click();
    await page.getByRole('button', { name: submit }).click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    await page
      .locator(RESULT_MARKS[type] ?? '.job-title')
      .first()
      .waitFor();
    expect(await page.locator('.job-title .badge').textContent()).toBe('completed');
    expect(await page.title()).toMatch(/^completed · .+ · dtq$/);
    await page.goBack();
    await page.locator('.recent li', { hasText: 'completed' }).waitFor();
  });

  it('a wrong form never leaves the page; the error stands beside its field, which has the focus', async () => {
    const { url } = await startSite();
    const page = await openPage(url);
    const posts = postsOf(page);
    await page.getByRole('textbox', { name: /Country/ }).fill('USA');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    const city = page.getByRole('textbox', { name: 'City' });
    await page.getByText('Fill this in.').waitFor();
    expect(
      await page
        .locator('.field', { has: page.getByRole('textbox', { name: /Country/ }) })
        .locator('.error')
        .textContent(),
    ).toBe('Exactly 2 characters.');
    expect(await city.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await city.getAttribute('aria-invalid')).toBe('true');
    const told = await city.evaluate((field) =>
      (field.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent),
    );
    expect(told[0]).toBe('Fill this in.');
    await city.fill('Austin');
    expect(await page.getByText('Fill this in.').count()).toBe(0);
    expect(posts).toEqual([]);
  });

  it('the form and the JSON are one payload, both ways', async () => {
    const { url } = await startSite();
    const page = await openPage(url);
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'JSON' }).click();
    const json = page.getByRole('textbox', { name: 'Payload' });
    expect(JSON.parse(await json.inputValue())).toEqual({ city: 'Oslo', units: 'metric' });
    await json.fill('{"city":');
    await page.getByText('This is no JSON yet').waitFor();
    await page.getByRole('button', { name: 'Form' }).click();
    expect(await json.isVisible()).toBe(true);
    await json.fill('{"city":"Lima","units":"imperial","country_code":"PE"}');
    await page.getByRole('button', { name: 'Form' }).click();
    expect(await page.getByRole('textbox', { name: 'City' }).inputValue()).toBe('Lima');
    expect(await page.getByLabel('imperial').isChecked()).toBe(true);
  });

  it('a delay is waited for, and told', async () => {
    const { url } = await startSite();
    const page = await openPage(url);
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByText('When and how urgent').click();
    await page.getByText('After a while').click();
    await page.getByLabel('How long').fill('3');
    await page.getByLabel('Unit').selectOption('s');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await page.getByText('It waits for its time').waitFor();
    await page.locator('.hero .sky').waitFor();
    await page.locator('.span-scheduled').waitFor();
  });

  it('the shell command on the page submits the same job', async () => {
    const { url, client } = await startSite({ worker: false });
    const page = await openPage(url);
    await page.getByRole('textbox', { name: 'City' }).fill("L'Aquila");
    await page.getByText('The same from a shell or a program').click();
    const command = (await page.locator('.samples pre').textContent()) ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    const { job_id } = JSON.parse(stdout) as { job_id: string };
    const { data } = await client.getJob({ params: { path: { job_id } } });
    expect(data).toMatchObject({ input: { city: "L'Aquila", units: 'metric' } });
  });

  it('a submit whose answer is lost is sent again by itself, and makes one job', async () => {
    const { url, client } = await startSite({ worker: false });
    const page = await openPage(url, { cutsOff: true });
    let losses = 0;
    await page.route('**/v1/jobs', async (route) => {
      if (route.request().method() !== 'POST' || losses >= 2) return route.continue();
      losses += 1;
      // The server gets it; the page never hears of it.
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await page.waitForURL(/\/jobs\//);
    expect(losses).toBe(2);
    const { data } = await client.listJobs();
    expect(data?.jobs.map(({ job_id }) => page.url().endsWith(job_id))).toEqual([true]);
  });
});

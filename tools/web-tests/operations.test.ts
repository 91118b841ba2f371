import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import { AUSTIN } from '@dtq/testkit/held-handler.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { expect, it } from 'vitest';
import { describeWithBrowser, openPage } from './browser.ts';
import { type Site, startSite } from './site.ts';

const NOBODY = { job_type: 'github_user', payload: { username: 'nobody' } } as const;
const LETTER_JOB = '6aab8fca-7059-40c4-97d4-53f55fd5bf67';

/** Puts a message on the queue as a program would that does not keep the contract; gives the id of its dead letter. */
async function bury(site: Site): Promise<string> {
  const message: unknown = {
    schema_version: '1.0',
    job_id: LETTER_JOB,
    job_type: 'weather',
    payload: { city: 'Austin', units: 'kelvin' },
    submitted_at: new Date().toISOString(),
    trace_id: '5be4d82b-9c6f-4372-81d2-c0dc5a95a7a3',
  };
  await site.backend.queue.publish(message as JobMessage);
  return await eventually('it is buried', async () => {
    const { data } = await site.client.listDeadLetters();
    return data?.dead_letters[0]?.dead_letter_id;
  });
}

describeWithBrowser('failures', () => {
  it('are grouped, opened, and replayed after a preview', async () => {
    const site = await startSite();
    const ids = await Promise.all([NOBODY, NOBODY, NOBODY].map(site.submit));
    await Promise.all(ids.map(site.ended));
    const page = await openPage(`${site.url}/failures`);
    const card = page.locator('.failure', { hasText: 'No such user is known' });
    await expect.poll(() => card.locator('.failure-count strong').textContent()).toBe('3');
    expect(await card.locator('.bar-some').count()).toBeGreaterThan(0);
    await card.getByRole('button', { name: 'Show its jobs' }).click();
    await expect.poll(() => card.locator('.group-jobs li').count()).toBe(3);
    await card.getByRole('button', { name: 'Replay job' }).first().click();
    await page.getByRole('button', { name: 'Replay 1' }).click();
    await page.getByText('1 new job. Done.').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await card.getByRole('button', { name: 'Replay these…' }).click();
    // The one that was replayed is left out; its new job may have failed by now, and then counts.
    const button = page.getByRole('dialog').getByRole('button', { name: /^Replay [23]$/ });
    await button.click();
    await page.getByText(/[23] new jobs\. Done\./).waitFor();
    await page.getByRole('link', { name: 'See the new jobs' }).click();
    await expect.poll(() => page.locator('tbody tr').count(), { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  });

  it('teach where there are none', async () => {
    const site = await startSite();
    const page = await openPage(`${site.url}/failures`);
    await page.getByRole('link', { name: 'ask for the weather in Nowhere' }).click();
    expect(await page.getByRole('textbox', { name: 'City' }).inputValue()).toBe('Nowhere');
    await page.getByRole('button', { name: 'Get the weather' }).click();
    await page.getByText('No such city is known').waitFor();
  });
});

describeWithBrowser('dead letters', () => {
  it('show what was wrong beside the message, and are sent again once mended', async () => {
    const site = await startSite();
    const id = await bury(site);
    const page = await openPage(`${site.url}/dead-letters`);
    await page.locator('.letter-list a', { hasText: id }).click();
    await page.waitForURL((url) => decodeURIComponent(url.pathname) === `/dead-letters/${id}`);
    await page.locator('.notice', { hasText: '/payload/units' }).waitFor();
    expect(await page.locator('.letter-text').textContent()).toContain('"units": "kelvin"');
    await page.getByText('Units: One of metric, imperial.').waitFor();
    await page.getByRole('button', { name: 'Send as a new job' }).click({ force: true });
    expect(page.url()).toContain('dead-letters');
    await page.getByLabel('Payload').fill(JSON.stringify(AUSTIN));
    await page.getByText('It fits.').waitFor();
    await page.getByRole('button', { name: 'Send as a new job' }).click();
    await page.locator('.hero .sky').waitFor();
    await page.locator('.papers a', { hasText: id }).click();
    await page.getByText('mended').waitFor();
  });
});

describeWithBrowser('the system', () => {
  it('is told at a glance, and moves', async () => {
    const site = await startSite();
    await site.ended(await site.submit({ job_type: 'weather', payload: AUSTIN }));
    const page = await openPage(`${site.url}/system`);
    await page.getByText('Every part answers.').waitFor();
    expect(await page.locator('.parts li').count()).toBe(4);
    await page.locator('.worker h3').waitFor();
    expect(await page.locator('.chart canvas').count()).toBe(2);
    const ended = page.locator('.numbers .card', { hasText: 'Ended in the last hour' }).locator('dd');
    await expect.poll(() => ended.textContent(), { timeout: 10_000 }).toBe('1');
    await site.ended(await site.submit({ job_type: 'weather', payload: AUSTIN }));
    await expect.poll(() => ended.textContent(), { timeout: 10_000 }).toBe('2');
  });
});

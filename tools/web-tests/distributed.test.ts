import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { type Platform, startPlatform } from '@dtq/chaos/platform.ts';
import { JOB_PAGES, JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { freePort } from '@dtq/testkit/free-port.ts';
import { expect, it, onTestFinished } from 'vitest';
import { describeWithBrowser, openPage, openTab } from './browser.ts';

// The page over Kafka, Redis, RabbitMQ and MongoDB, with an API and a worker as processes of their own.

const WEATHER = { job_type: 'weather', payload: { city: 'Austin', country_code: 'US', units: 'metric' } } as const;
const NOWHERE = { job_type: 'weather', payload: { city: 'Nowhere', units: 'metric' } } as const;

async function startServers(): Promise<Platform> {
  return startPlatform({ PROVIDER_MODE: 'sandbox', API_ADDR: `127.0.0.1:${await freePort()}` });
}

describeWithStack('over the distributed backend', () => {
  describeWithBrowser('the page', () => {
    it('does a job of each type, from its example to the result', async () => {
      const { api } = await startServers();
      const page = await openPage(api.url);
      for (const type of JOB_TYPE_VALUES) {
        const { submit } = await JOB_PAGES[type]();
        await page.locator('.type-card', { hasText: JOB_TITLES[type].title }).click();
        await page.getByRole('button', { name: submit }).waitFor();
        await page.locator('.examples .chip').first().click();
        await page.getByRole('button', { name: submit }).click();
        await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
        await page.locator('.job-title .badge', { hasText: 'completed' }).waitFor();
        await page.goBack();
        await page.locator('.type-card').first().waitFor();
      }
    });

    it('outlives the API: a job that is watched is seen to its end by the next one', async () => {
      const { api, client, startApi } = await startServers();
      const { data } = await client.submitJob({ body: { ...WEATHER, delay: '8s' } });
      const page = await openPage(`${api.url}/jobs/${data?.job_id}`, { cutsOff: true });
      await page.getByText('It waits for its time').waitFor();
      await api.end('SIGKILL');
      await page.getByText('No answer from the API.').waitFor();
      await startApi();
      await page.locator('.hero .sky').waitFor({ timeout: 45_000 });
      await page.getByText('No answer from the API.').waitFor({ state: 'detached' });
    });

    it('shows and leafs through two thousand jobs', async () => {
      const { api, client } = await startServers();
      const jobs = Array.from({ length: 1000 }, () => WEATHER);
      for (let batch = 0; batch < 2; batch += 1) {
        const { data } = await client.submitJobs({ body: { jobs } });
        expect(data?.accepted).toBe(1000);
      }
      const page = await openPage(`${api.url}/jobs`);
      await page.getByText('2,000').first().waitFor({ timeout: 45_000 });
      await page.getByRole('button', { name: 'Older' }).click();
      await page.waitForURL(/cursor=|after=/);
      await expect.poll(() => page.locator('tbody tr').count()).toBe(50);
    });

    it('lists, groups and counts what other programs submitted, and shows the worker that did it, in two tabs', async () => {
      const { api, client } = await startServers();
      for (const body of [WEATHER, NOWHERE, NOWHERE]) await client.submitJob({ body });
      const jobs = await openPage(`${api.url}/jobs`);
      await expect.poll(() => jobs.locator('tbody tr[data-state="failed"]').count()).toBe(2);
      expect(await jobs.locator('tbody tr').count()).toBe(3);
      const failures = await openTab(jobs, `${api.url}/failures`);
      const group = failures.locator('.failure', { hasText: 'No such city is known' });
      await expect.poll(() => group.locator('.failure-count strong').textContent()).toBe('2');
      await group.getByRole('button', { name: 'Replay these…' }).click();
      await failures.getByRole('dialog').getByRole('button', { name: 'Replay 2' }).click();
      await failures.getByText('2 new jobs. Done.').waitFor();
      await expect.poll(() => jobs.locator('tbody tr').count()).toBe(5);
      const system = await openTab(jobs, `${api.url}/system`);
      await system.getByText('Every part answers.').waitFor();
      await system.locator('.tile, .figure, dl, section', { hasText: 'Workers alive' }).first().waitFor();
      onTestFinished(() => system.close());
    });
  });
});

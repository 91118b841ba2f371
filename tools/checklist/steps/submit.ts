import { hold, same, valid } from '@dtq/conformance/check.ts';
import { JOB_PAGES, JOB_TITLES } from '@dtq/generated/jobs/index.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

/** A person's submit: the form filled in and sent by a real browser. No worker runs yet, so the job waits to be looked at. */
export const throughThePage: Step<Ground> = {
  id: 'page',
  title: 'A submission through the page, in Chromium',
  needs: ['api'],
  run: async (ground, notes) => {
    const { pages } = ground.parts;
    notes.doing('opening the page');
    const page = await pages.open(ground.api.url);
    ground.page = page;
    const { submit } = await JOB_PAGES[AUSTIN.job_type]();
    await page.locator('.type-card', { hasText: JOB_TITLES[AUSTIN.job_type].title }).click();
    await page.getByRole('button', { name: submit }).waitFor();
    await page.getByRole('textbox', { name: 'City' }).fill(AUSTIN.payload.city);
    await page.getByRole('textbox', { name: /Country/ }).fill(AUSTIN.payload.country_code);
    notes.picture('the form', await pages.shoot(page, 'form'));
    const answering = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: submit }).click();
    const answer = await answering;
    const body: unknown = answer.request().postDataJSON();
    notes.show('the page sent', { url: answer.url(), body });
    same(body, AUSTIN, 'what the page sends');
    same(answer.status(), 202, 'the status of the answer');
    const accepted = valid(strict.JobAccepted, await answer.json(), 'the answer');
    ground.takeJob(accepted);
    notes.show('the API answered 202', accepted);
    same(answer.headers()['location'], `/v1/jobs/${accepted.job_id}/status`, 'the Location of the answer');
    await page.waitForURL(`**/jobs/${accepted.job_id}`);
    await page.locator('.job-title .badge', { hasText: MILESTONES.queued.state }).waitFor();
    notes.picture('the job waits', await pages.shoot(page, 'queued'));
    return `job ${accepted.job_id}, trace ${accepted.trace_id}; the page stands at ${page.url()} and says queued`;
  },
};

/** The same page, which nobody touched since. */
export const shownOnThePage: Step<Ground> = {
  id: 'page-end',
  title: 'The page, untouched since, shows the result',
  needs: ['page', 'end'],
  run: async (ground, notes) => {
    const { page } = ground;
    hold(page !== undefined, 'the page is not open');
    await page.locator('.job-title .badge', { hasText: MILESTONES.completed.state }).waitFor();
    await page.locator('.hero .sky').waitFor();
    notes.picture('the result', await ground.parts.pages.shoot(page, 'completed'));
    const title = await page.title();
    hold(title.startsWith(MILESTONES.completed.state), `the title must tell that it completed, and is "${title}"`);
    return `it says completed, under the title "${title}"`;
  },
};

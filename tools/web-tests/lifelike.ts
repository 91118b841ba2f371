import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fieldsOf } from '@dtq/core/stats.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobMessage, JobResult, JobType, SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import type { Site } from './site.ts';

const DAY_MS = 86_400_000;
type Fault = readonly [code: string, message: string];
const FAULTS: { readonly [T in JobType]?: readonly [Fault, Fault] } = {
  weather: [
    ['city_not_found', 'no city is called "Nowhere"'],
    ['provider_timeout', 'the geocoding service did not answer within 5000 ms'],
  ],
  exchange_rate: [
    ['provider_unavailable', 'Frankfurter answered with HTTP 503'],
    ['currency_not_supported', 'there is no rate for "XAU"'],
  ],
  github_user: [
    ['provider_rate_limited', 'GitHub answered with HTTP 429'],
    ['user_not_found', 'GitHub has no user called "nobody"'],
  ],
  quote: [
    ['provider_timeout', 'QuoteSlate did not answer within 5000 ms'],
    ['category_not_found', 'no quotation has the category "xyz"'],
  ],
};
const LIVE: readonly SubmitJobRequest[] = [
  { job_type: 'github_user', payload: { username: 'nobody' } },
  { job_type: 'quote', payload: { category: 'courage', limit: 2 } },
  { job_type: 'exchange_rate', payload: { base_currency: 'EUR', target_currency: 'USD', amount: 250 } },
  { job_type: 'github_user', payload: { username: 'octocat' } },
  { job_type: 'weather', payload: { city: 'Nowhere', units: 'metric' } },
  { job_type: 'weather', payload: { city: 'Tokyo', units: 'imperial' } },
  { job_type: 'weather', payload: { city: 'Reykjavík', units: 'metric' } },
  { job_type: 'weather', payload: { city: 'Austin', units: 'metric' }, delay: '2h' },
];

export interface Lifelike {
  /** Addresses of the page that have something to show, by name. */
  readonly views: Readonly<Record<string, string>>;
}

/** Fills a site with a day of jobs, some of now, one that runs and fails again and again, and a dead letter. */
export async function fill(site: Site): Promise<Lifelike> {
  await history(site);
  const down = await site.submit({
    job_type: 'exchange_rate',
    payload: { base_currency: 'GBP', target_currency: 'CHF', amount: 40 },
  });
  const ids: string[] = [];
  for (const body of LIVE) ids.push(await site.submit(body));
  const [failed, quote, rate, user] = ids;
  await Promise.all([...ids.slice(0, -1), down].map(site.ended));
  const retried = await site.submit({ job_type: 'weather', payload: { city: 'Down', units: 'metric' } });
  await eventually(
    'it was tried again',
    async () => ((await site.backend.statuses.get(retried))?.attempts?.length ?? 0) >= 2,
    60_000,
  );
  const slow = await site.submit({ job_type: 'weather', payload: { city: 'Slow', units: 'metric' } });
  await site.backend.queue.publish({
    schema_version: '1.0',
    job_type: 'weather',
    job_id: randomUUID(),
    payload: { city: 'Austin', country_code: 'USA', units: 'kelvin' },
  } as unknown as JobMessage);
  const letter = await eventually('it is buried', async () => {
    const { data } = await site.client.listDeadLetters();
    return data?.dead_letters[0]?.dead_letter_id;
  });
  // What ended is counted once a second.
  await delay(1500);
  return {
    views: {
      submit: '/',
      'submit-quote': '/?type=quote&payload=%7B%22category%22%3A%22courage%22%2C%22limit%22%3A2%7D',
      jobs: '/jobs',
      'job-weather': `/jobs/${ids[5]}`,
      'job-quote': `/jobs/${quote}`,
      'job-rate': `/jobs/${rate}`,
      'job-user': `/jobs/${user}`,
      'job-failed': `/jobs/${failed}`,
      'job-retried': `/jobs/${retried}`,
      'job-running': `/jobs/${slow}`,
      'job-scheduled': `/jobs/${ids.at(-1)}`,
      failures: '/failures',
      'dead-letters': '/dead-letters',
      'dead-letter': `/dead-letters/${encodeURIComponent(letter)}`,
      system: '/system',
    },
  };
}

/** Jobs that ended in the last day, more of them in the last hour. */
async function history(site: Site): Promise<void> {
  const now = Date.now();
  const pages = await Promise.all(JOB_TYPE_VALUES.map((type) => JOB_PAGES[type]()));
  for (let n = 0; n < 1200; n++) {
    // The same numbers each time, and yet no pattern that shows.
    const dice = createHash('sha256').update(String(n)).digest().readUInt16BE();
    const age = n < 400 ? ((n + (dice % 40)) / 440) * 3_600_000 + 5000 : ((n - 400) / 800) * DAY_MS * 0.97;
    const page = pages[dice % pages.length];
    const example = page?.examples[n % 2] ?? page?.examples[0];
    if (page === undefined || example === undefined) continue;
    const start = now - age;
    const end = start + 180 + (dice % 7) * 160;
    const fault = dice % 13 === 0 ? (FAULTS[page.jobType]?.[dice % 2 === 0 ? 0 : 1] ?? null) : null;
    const result = {
      schema_version: '1.0',
      job_id: randomUUID(),
      job_type: page.jobType,
      input: example.payload,
      output: fault === null ? example.output : null,
      final_state: fault === null ? 'completed' : 'failed',
      submitted_at: iso(start - 20 - (dice % 90)),
      started_at: iso(start),
      completed_at: iso(end),
      error: fault === null ? null : { code: fault[0], message: fault[1] },
      trace_id: randomUUID(),
      priority: 'normal',
      attempts: [
        {
          number: 1,
          worker: 'worker-7f9c-41-b2d1',
          waited_ms: 0,
          started_at: iso(start),
          ended_at: iso(end),
          outcome: fault === null ? 'completed' : 'failed',
        },
      ],
    } as unknown as JobResult;
    await site.backend.results.insert(result);
    await site.backend.stats.add(end, Object.fromEntries(fieldsOf(result).map((field) => [field, 1])));
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

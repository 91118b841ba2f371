import { spawnSync } from 'node:child_process';
import type { SubmitJobRequest } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import type { Command, Scene, Story } from './scene.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/;
const END_MS = 120_000;
const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Jobs that are under way when their worker is killed. */
const UNDER_WAY = 60;

const dtq =
  (words: string, shows: RegExp, more: Partial<Command> = {}) =>
  (): Command => ({
    words: `npx dtq ${words}`,
    shows,
    ...more,
  });

const kept = ({ said }: Story, name: string): string => said.get(name) ?? `NO_${name.toUpperCase()}`;

/** Where a command is to be had on this machine. */
const withCurl = <T>(...commands: T[]): T[] => (hasCurl ? commands : []);

export const SCENES: readonly Scene[] = [
  {
    title: 'It runs, and says how it is',
    text: ['Every part answers. The page looks at the same.'],
    commands: [
      ...withCurl(({ stage }: Story) => ({ words: `curl -s ${stage.url}/healthz`, shows: /"status":"ok"/ })),
      dtq('system', /worker/i),
    ],
    page: () => ({ path: '/system', name: 'demo-system' }),
  },
  {
    title: 'A job, from its submit to its result',
    text: [
      'The API answers once the queue holds the job; a worker takes it, calls the provider and stores the document. Each step',
      'is written before it is done: 20, 50, 80, 100 %.',
    ],
    commands: [
      dtq('submit weather city=Austin country_code=US units=metric', UUID, { keepAs: 'job' }),
      (story) => ({ words: `npx dtq watch ${kept(story, 'job')}`, shows: /temperature/ }),
      ...withCurl((story: Story) => ({
        words: `curl -s ${story.stage.url}/v1/jobs/${kept(story, 'job')}/status`,
        shows: /"state":"completed"/,
      })),
    ],
    page: (story) => ({ path: `/jobs/${kept(story, 'job')}`, name: 'demo-job' }),
  },
  {
    title: 'All types, and many at once',
    text: [
      'A batch of all four types was submitted before you came. Each job of it has a verdict and a life of its own.',
    ],
    commands: [dtq('list --limit 12', /weather/), dtq('list --type exchange_rate --state completed', /exchange_rate/)],
    page: () => ({ path: '/jobs', name: 'demo-jobs' }),
  },
  {
    title: 'When a provider fails',
    text: [
      'One provider failed twice and was called again: nobody noticed. Another stays down: the job is tried as often as the policy',
      'of its type allows, with growing waits, and then fails with a code from a closed list.',
    ],
    commands: [
      ({ filled }) => ({ words: `npx dtq get ${filled.flaky}`, shows: /completed/ }),
      ({ filled }) => ({ words: `npx dtq get ${filled.retried}`, shows: /provider_unavailable/ }),
    ],
    page: ({ filled }) => ({ path: `/jobs/${filled.retried}`, name: 'demo-retried' }),
  },
  {
    title: 'A job that cannot succeed, and what failed in all',
    text: ['No further attempt finds a city that is nowhere: it fails at once. The exit code says so to a script.'],
    commands: [
      dtq('submit weather city=Nowhere units=metric --watch', /city_not_found/, { code: 1 }),
      dtq('failures', /city_not_found/),
    ],
    page: () => ({ path: '/failures', name: 'demo-failures' }),
  },
  {
    title: 'Later, or not at all',
    text: [
      'A job may wait for its time, in a durable store, and be cancelled until it has ended. One is waiting already.',
    ],
    commands: [
      dtq('submit weather city=Reykjavík units=metric --delay 1h', UUID, { keepAs: 'later' }),
      (story) => ({ words: `npx dtq cancel ${kept(story, 'later')}`, shows: /./ }),
      (story) => ({ words: `npx dtq get ${kept(story, 'later')}`, shows: /cancelled/ }),
    ],
    page: ({ filled }) => ({ path: `/jobs/${filled.scheduled}`, name: 'demo-scheduled' }),
  },
  {
    title: 'The same submit, once',
    text: ['With a key, who got no answer may send the same again: it makes no second job.'],
    commands: [
      dtq('submit quote category=courage --key order-17', UUID, { keepAs: 'first' }),
      (story) => ({
        words: 'npx dtq submit quote category=courage --key order-17',
        shows: new RegExp(kept(story, 'first')),
      }),
    ],
  },
  killInMidJob(),
  {
    title: 'One trace id through everything',
    text: ['It stands in the answer to the submit, in each line of the logs, in the message, and in the document.'],
    before: async ({ stage, said }) => {
      const { data } = await stage.client.getJob({ params: { path: { job_id: said.get('job') ?? '' } } });
      said.set('trace', data?.trace_id ?? '');
    },
    commands: [
      ({ stage, said }) => ({
        words: `grep -h ${said.get('trace')} ${stage.logFiles.join(' ')}`,
        shows: /"msg":"accepted"[\s\S]*"msg":"ended"/,
      }),
      ({ said }) => ({ words: `npx dtq list --trace-id ${said.get('trace')}`, shows: /completed/ }),
    ],
  },
];

/** As many jobs as run at once, and the end of the process that runs them. */
function killInMidJob(): Scene {
  const ids: string[] = [];
  return {
    title: 'kill -9 in mid-job',
    text: [
      `${UNDER_WAY} jobs are under way when their worker is killed. Another one goes on; each job ends, and ends once.`,
    ],
    before: async ({ stage: { client } }, say) => {
      const job: SubmitJobRequest = { job_type: 'weather', payload: { city: 'Oslo', units: 'metric' } };
      const { data } = await client.submitJobs({ body: { jobs: Array.from({ length: UNDER_WAY }, () => job) } });
      for (const { body } of data?.results ?? [])
        if ('job_id' in body && body.job_id !== undefined) ids.push(body.job_id);
      if (ids.length < UNDER_WAY) throw new Error(`of ${UNDER_WAY} jobs ${ids.length} were accepted`);
      say(`${ids.length} jobs are accepted, each with its 202`);
      const [first = ''] = ids;
      const isWaiting = async (): Promise<boolean> => {
        const { data: found } = await client.getJob({ params: { path: { job_id: first } } });
        return found !== undefined && 'state' in found && found.state === 'queued';
      };
      await eventually('the first one has started', async () => !(await isWaiting()), END_MS);
    },
    commands: [({ stage }) => ({ words: `kill -9 ${stage.worker().pid}`, shows: /^$/ })],
    after: async ({ stage }, say) => {
      say('a new one is started, as whoever runs workers would do; what was being done is delivered to it again');
      await stage.startWorker();
      let completed = 0;
      let again = 0;
      for (const job_id of ids) {
        const document = await eventually(
          `job ${job_id} has ended`,
          async () => {
            const { data } = await stage.client.getJob({ params: { path: { job_id } } });
            return data !== undefined && 'final_state' in data ? data : null;
          },
          END_MS,
        );
        if (document.final_state === 'completed') completed += 1;
        if ((document.attempts?.length ?? 1) > 1) again += 1;
      }
      say(`${completed} of ${ids.length} completed, ${again} of them by a second attempt`);
      if (completed < ids.length) throw new Error(`${ids.length - completed} jobs did not complete`);
    },
    page: () => ({ path: '/jobs?state=completed', name: 'demo-after-kill' }),
  };
}

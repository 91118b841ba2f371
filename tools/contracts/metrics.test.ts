import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import { untested } from '@dtq/infra/alerts/untested.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { scrape } from '@dtq/testkit/scrape.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { hasPromtool, itWithPromtool, promtool } from './promtool.ts';
import { root } from './sources.ts';

// What the dashboard, the alerts and the runbook ask for, what the programs tell, and what Prometheus' own tool says of it.

const TIMEOUT_MS = 120_000;
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const rules = read('infra/alerts/dtq.rules.yaml');
const tests = read('infra/alerts/dtq.rules.test.yaml');
const dashboard = read('infra/dashboards/dtq.json');
const runbook = read('infra/RUNBOOK.md');

/** Every metric that is asked for: those of recorded rules have a colon, and those of Prometheus itself are not ours. */
const asked = [...new Set(`${rules}${dashboard}${runbook}`.match(/\b(?:dtq|nodejs|process)_[a-z0-9_]+/g))];

/** Names that end with _total are counters by what they say of themselves, and no label can have many values. */
function expectGoodNames(text: string): void {
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (dtq_\S+) (\S+)$/gm)) {
    expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
    expect(text, `${name} has words`).toMatch(new RegExp(`^# HELP ${name} \\S.+$`, 'm'));
  }
  const labels = new Set(
    [...text.matchAll(/^dtq_[^{\n]+\{([^\n]*)\} /gm)].flatMap(([, all = '']) => all.match(/\w+(?==")/g) ?? []),
  );
  const bounded = [
    'job_type',
    'priority',
    'code',
    'operation',
    'status',
    'outcome',
    'provider',
    'kind',
    'part',
    'pool',
    'le',
  ];
  expect([...labels].filter((label) => !bounded.includes(label))).toEqual([]);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}/);
}

describe('metrics, dashboard and alerts', () => {
  it('each alert has one test in which it fires', () => {
    expect(rules.match(/- alert: /g)?.length).toBeGreaterThan(15);
    expect(untested(rules, tests)).toEqual([]);
  });

  it('an alert without such a test is found', () => {
    const [without = ''] = /^ {2}- name: DtqPartDown\n[\s\S]*?(?=^ {2}- name: )/m.exec(tests) ?? [];
    expect(without).toContain('exp_labels');
    const found = ['DtqPartDown fires in 0 tests of dtq.rules.test.yaml; it is to fire in one'];
    expect(untested(rules, tests.replace(without, ''))).toEqual(found);
    const silent = without.replace(/exp_alerts:\n +- exp_labels[\s\S]*/, 'exp_alerts: []\n');
    expect(untested(rules, tests.replace(without, silent))).toEqual(found);
    expect(untested(`${rules}\n      - alert: DtqOther\n`, tests)).toHaveLength(1);
  });

  itWithPromtool("Prometheus' own tool takes the rules, and their tests pass", () => {
    for (const args of [
      ['check', 'rules', 'dtq.rules.yaml'],
      ['check', 'config', 'prometheus.yaml'],
      ['test', 'rules', 'dtq.rules.test.yaml'],
    ]) {
      const { status, said } = promtool(args);
      expect(status, said).toBe(0);
    }
  });

  it(
    'one process tells all that is asked for, but for what is of Kafka or a pool',
    async () => {
      const program = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder() });
      const { text, names } = await eventually('the first job has ended', async () => {
        const found = await scrape(program.url);
        return (found.value('dtq_jobs_ended_total', { outcome: 'completed' }) ?? 0) > 0 ? found : null;
      });
      expectGoodNames(text);
      const missing = asked.filter((name) => !names.has(name) && !/^dtq_(?:queue_lag|pool|schedule_lag)_/.test(name));
      expect(missing).toEqual([]);
      if (!hasPromtool) return;
      const { status, said } = promtool(['check', 'metrics'], text);
      // What Node's own metrics are called is their makers' matter.
      const ours = said.split('\n').filter((line) => line.startsWith('dtq_'));
      expect({ status: status === 0 || status === 3, ours }).toEqual({ status: true, ours: [] });
    },
    TIMEOUT_MS,
  );

  it('has a listener of its own where one is asked for, and none beside an API that others reach', async () => {
    const own = await startProgram('services/standalone/main.ts', {
      DTQ_DATA_DIR: freshFolder(),
      METRICS_ADDR: '127.0.0.1:0',
    });
    const port = await eventually(
      'it says where',
      () => own.log.find((line) => 'metrics_port' in line)?.['metrics_port'],
    );
    expect((await scrape(`http://127.0.0.1:${port}`)).value('dtq_workers')).toBe(1);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(new URL('/metrics', own.url))).status).toBe(404);
    const open = await startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder(), API_ADDR: ':0' });
    expect((await fetch(new URL('/metrics', open.url))).status).toBe(404);
  });
});

describeWithStack('metrics of an API and a worker on the servers', () => {
  it(
    'tell all that dashboard and alerts ask for, and what waits while no worker is there',
    async () => {
      const { client, api, worker, startWorker } = await startPlatform();
      const submit = (body: object = {}) =>
        client.submitJob({ body: { job_type: 'weather', payload: { city: 'Austin', units: 'metric' }, ...body } });
      await submit({ delay: '1s' });
      await eventually(
        'a job of the schedule is done',
        async () => {
          const found = await Promise.all([scrape(api.url), scrape(worker.url)]);
          return found.some(({ value }) => (value('dtq_schedule_lag_seconds_count', { kind: 'run' }) ?? 0) > 0);
        },
        30_000,
      );
      await eventually(
        'its calls are counted',
        async () => ((await scrape(worker.url)).value('dtq_jobs_ended_total', { outcome: 'completed' }) ?? 0) > 0,
        30_000,
      );
      const [one, other] = await Promise.all([scrape(api.url), scrape(worker.url)]);
      expectGoodNames(one.text);
      expectGoodNames(other.text);
      const all = new Set([...one.names, ...other.names]);
      expect(asked.filter((name) => !all.has(name))).toEqual([]);

      await worker.end();
      await Promise.all([submit(), submit({ priority: 'high' }), submit()]);
      const waiting = await eventually(
        'the lag grows, in messages and in time',
        async () => {
          const found = await scrape(api.url);
          const seconds = found.value('dtq_queue_lag_seconds', { job_type: 'weather', priority: 'normal' }) ?? 0;
          return seconds > 0 && found.value('dtq_workers') === 0 ? found : null;
        },
        60_000,
      );
      expect(waiting.value('dtq_queue_lag_messages', { job_type: 'weather', priority: 'normal' })).toBe(2);
      expect(waiting.value('dtq_queue_lag_messages', { job_type: 'weather', priority: 'high' })).toBe(1);
      expect(waiting.value('dtq_jobs_waiting', { job_type: 'weather' })).toBe(3);
      expect(waiting.value('dtq_jobs_oldest_waiting_seconds', { job_type: 'weather' })).toBeGreaterThan(0);
      await startWorker();
      await eventually(
        'all is done',
        async () => {
          const { value } = await scrape(api.url);
          return value('dtq_jobs_waiting') === 0 && value('dtq_queue_lag_messages') === 0;
        },
        60_000,
      );
    },
    TIMEOUT_MS,
  );
});

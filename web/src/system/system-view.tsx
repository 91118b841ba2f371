import type { SystemReport } from '@dtq/generated/schemas/types.ts';
import { createEffect, createMemo, createSignal, For, on, Show } from 'solid-js';
import { createStore, reconcile, unwrap } from 'solid-js/store';
import { client } from '../api/client.ts';
import { createLive } from '../api/live.ts';
import { settle } from '../api/outcome.ts';
import { typeTitle } from '../job/type-title.ts';
import { LiveMark } from '../ui/live-mark.tsx';
import { useTitle } from '../ui/title.ts';
import { Trouble } from '../ui/trouble.tsx';
import { Chart, type ChartSeries } from './chart.tsx';
import { columnsOf, type Sample, withSample } from './samples.ts';
import './system.css';
import { partWord, systemText, throughputTotals } from './system-words.ts';
import { TypesTable } from './types-table.tsx';
import { Workers } from './workers.tsx';

const EVERY_MS = 2000;
const COUNT = new Intl.NumberFormat('en');
const ENDED: readonly ChartSeries[] = [
  { label: 'completed', color: '--completed' },
  { label: 'failed', color: '--failed' },
];
const HEALTH_STATES = { well: 'completed', limping: 'queued', ill: 'failed' } as const;
/** Types have no colours of their own elsewhere, for colour means state. */
const LINES = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'] as const;

/** How dtq is, at a glance. */
export function View() {
  useTitle(() => 'System');
  const live = createLive<null, SystemReport>(
    () => null,
    (_, signal) => settle(client.getSystem({ signal, cache: 'no-store' })),
    EVERY_MS,
  );
  // Merged into what was there, so that a row keeps its place, and the focus that is in it.
  const [known, setKnown] = createStore<{ report: SystemReport | null }>({ report: null });
  createEffect(on(live.data, (report) => report && setKnown('report', reconcile(report, { key: null, merge: true }))));
  return (
    <div class="system">
      <header class="view-head">
        <h1 tabindex="-1">System</h1>
        <LiveMark trouble={live.trouble()} />
      </header>
      <Trouble trouble={live.trouble()} hasData={live.data() !== undefined} what="the system's report" />
      <Show when={known.report}>{(report) => <Report report={report()} />}</Show>
    </div>
  );
}

function Report(props: { report: SystemReport }) {
  const health = createMemo(() => systemText(props.report));
  return (
    <div class="system-grid">
      <p class="notice health" data-state={HEALTH_STATES[health().is]} role="status">
        <span class="dot" /> <strong>{health().words}</strong>
      </p>
      <Numbers report={props.report} />
      <Charts report={props.report} />
      <Show when={props.report.types} fallback={<Unknown what="How the types are" />}>
        {(types) => <TypesTable types={types()} />}
      </Show>
      <Show when={props.report.workers} fallback={<Unknown what="Which workers are alive" />}>
        {(workers) => <Workers workers={workers()} />}
      </Show>
      <Parts report={props.report} />
    </div>
  );
}

function Numbers(props: { report: SystemReport }) {
  const ended = createMemo(() => (props.report.throughput === null ? null : throughputTotals(props.report.throughput)));
  const sum = (what: 'queued' | 'running' | 'scheduled') =>
    props.report.types?.reduce((total, type) => total + type[what], 0);
  const share = () => {
    const { completed, failed } = ended() ?? { completed: 0, failed: 0 };
    return completed + failed === 0 ? '–' : `${((100 * failed) / (completed + failed)).toFixed(1)} %`;
  };
  const numbers = () =>
    [
      ['Ended in the last minute', ended()?.minute],
      ['Ended in the last hour', ended() ? (ended()?.completed ?? 0) + (ended()?.failed ?? 0) : undefined],
      ['Failed of these', share()],
      ['Waiting', sum('queued')],
      ['Running', sum('running')],
      ['Workers alive', props.report.workers?.length],
    ] as const;
  return (
    <dl class="numbers">
      <For each={numbers()}>
        {([name, value]) => (
          <div class="card">
            <dt>{name}</dt>
            <dd>{typeof value === 'number' ? COUNT.format(value) : (value ?? '?')}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}

function Charts(props: { report: SystemReport }) {
  const [samples, setSamples] = createSignal<readonly Sample[]>([]);
  createEffect(
    on(
      () => props.report.time,
      () => setSamples((seen) => withSample(seen, unwrap(props.report))),
    ),
  );
  const points = createMemo(() => props.report.throughput ?? []);
  const ended = createMemo(() => [
    points().map(({ at }) => Date.parse(at) / 1000),
    points().map(({ completed }) => completed),
    points().map(({ failed }) => failed),
  ]);
  const types = createMemo(() => props.report.types?.map(({ job_type }) => job_type) ?? []);
  const lines = createMemo<readonly ChartSeries[]>(() =>
    types().map((type, index) => ({ label: typeTitle(type), color: LINES[index % LINES.length] ?? '--ink' })),
  );
  const totals = createMemo(() => throughputTotals(points()));
  return (
    <div class="charts">
      <section class="card" aria-labelledby="throughput-heading">
        <div class="card-head">
          <h2 id="throughput-heading">Throughput</h2>
          <span class="small muted">a minute, last hour</span>
        </div>
        <Chart
          kind="bars"
          data={ended()}
          series={ENDED}
          label={`Throughput of the last hour: ${totals().completed} completed, ${totals().failed} failed`}
        />
      </section>
      <section class="card" aria-labelledby="backlog-heading">
        <div class="card-head">
          <h2 id="backlog-heading">Backlog</h2>
          <span class="small muted">waiting for a worker, since this page is open</span>
        </div>
        <Chart
          kind="lines"
          data={columnsOf(samples(), types())}
          series={lines()}
          label="Jobs that wait for a worker, by type; the table of types has the numbers"
        />
      </section>
    </div>
  );
}

function Parts(props: { report: SystemReport }) {
  return (
    <section class="card" aria-labelledby="parts-heading">
      <div class="card-head">
        <h2 id="parts-heading">Parts</h2>
        <span class="small muted">{props.report.backend} backend</span>
      </div>
      <ul class="parts">
        <For each={props.report.parts}>
          {(part) => (
            <li data-state={part.ok ? 'completed' : 'failed'}>
              <span class="dot" />
              <span class="grow">
                <strong>{partWord(part.part)}</strong> <span class="muted small">as {part.part}</span>
              </span>
              <span class="num small">{part.ok ? `${part.ms} ms` : `no answer in ${part.ms} ms`}</span>
            </li>
          )}
        </For>
      </ul>
      <details>
        <summary>What this backend can do</summary>
        <ul class="capabilities small">
          <For each={props.report.capabilities}>
            {(capability) => (
              <li>
                <strong>{capability.name}</strong> {capability.supported ? 'yes' : 'no'}
                <span class="muted"> {capability.reason}</span>
              </li>
            )}
          </For>
        </ul>
      </details>
    </section>
  );
}

function Unknown(props: { what: string }) {
  return <p class="card muted">{props.what}, nobody can say now: the part that knows does not answer.</p>;
}

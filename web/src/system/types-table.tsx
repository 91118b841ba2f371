import type { TypeReport } from '@dtq/generated/schemas/types.ts';
import { For } from 'solid-js';
import { knownType, typeTitle } from '../job/type-title.ts';
import { NO_FILTERS, searchOf } from '../jobs/filters.ts';
import { addressOf } from '../router/route.ts';
import { now } from '../time/now.ts';
import { spanText } from '../time/time-text.ts';
import { Icon, typeIcon } from '../ui/icons.tsx';
import { LatencyBar } from './latency-bar.tsx';
import { oldestWaitMs } from './system-words.ts';

const COUNT = new Intl.NumberFormat('en');

/** How the jobs of each type are: what waits, for how long, and how fast they go. */
export function TypesTable(props: { types: readonly TypeReport[] }) {
  return (
    <section class="card" aria-labelledby="types-heading">
      <div class="card-head">
        <h2 id="types-heading">Types</h2>
        <span class="small muted">Latency of the last hour: half, 95 and 99 of a hundred took at most so long</span>
      </div>
      <section class="table-scroll" tabindex="0" aria-label="Types, to scroll">
        <table class="types">
          <thead>
            <tr>
              <th>Type</th>
              <th class="num">Scheduled</th>
              <th class="num">Waiting</th>
              <th class="num">Oldest</th>
              <th class="num">Running</th>
              <th class="num">Completed</th>
              <th class="num">Failed</th>
              <th>Wait for a worker</th>
              <th>Run</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.types}>{(type) => <TypeRow type={type} />}</For>
          </tbody>
        </table>
      </section>
    </section>
  );
}

function TypeRow(props: { type: TypeReport }) {
  const oldest = () => {
    const ms = oldestWaitMs(props.type, now());
    return ms === null ? '–' : spanText(ms);
  };
  return (
    <tr>
      <th scope="row">
        <a class="type-name" href={addressOf.jobs + searchOf({ ...NO_FILTERS, type: knownType(props.type.job_type) })}>
          <Icon name={typeIcon(props.type.job_type)} size={17} />
          {typeTitle(props.type.job_type)}
        </a>
      </th>
      <td class="num">{COUNT.format(props.type.scheduled)}</td>
      <td class="num">
        <strong>{COUNT.format(props.type.queued)}</strong>
      </td>
      <td class="num">{oldest()}</td>
      <td class="num">{COUNT.format(props.type.running)}</td>
      <td class="num">{COUNT.format(props.type.completed)}</td>
      <td class="num">{COUNT.format(props.type.failed)}</td>
      <td>
        <LatencyBar latency={props.type.wait_ms} />
      </td>
      <td>
        <LatencyBar latency={props.type.run_ms} />
      </td>
    </tr>
  );
}

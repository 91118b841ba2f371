import type { WorkerReport } from '@dtq/generated/schemas/types.ts';
import { For, Show } from 'solid-js';
import { typeTitle } from '../job/type-title.ts';
import { addressOf } from '../router/route.ts';
import { now } from '../time/now.ts';
import { spanText } from '../time/time-text.ts';
import { When } from '../time/when.tsx';
import { loadOf } from './system-words.ts';

const RUNNING_SHOWN = 6;

/** The workers that are alive, how busy each is, and what it does. */
export function Workers(props: { workers: readonly WorkerReport[] }) {
  return (
    <section class="stack" aria-labelledby="workers-heading">
      <h2 id="workers-heading">Workers</h2>
      <ul class="workers">
        <For
          each={props.workers}
          fallback={<li class="card muted">None is alive. Start one, and it shows here within seconds.</li>}
        >
          {(worker) => <Worker worker={worker} />}
        </For>
      </ul>
    </section>
  );
}

function Worker(props: { worker: WorkerReport }) {
  const shown = () => props.worker.running.slice(0, RUNNING_SHOWN);
  const hidden = () => props.worker.running_count - shown().length;
  return (
    <li class="card worker">
      <div class="card-head">
        <h3>
          <code>{props.worker.worker}</code>
        </h3>
        <span class="small muted">
          up {spanText(now() - Date.parse(props.worker.started_at))}, told <When at={props.worker.seen_at} as="ago" />
        </span>
      </div>
      <div class="worker-load">
        <progress
          class="bar"
          data-state="running"
          max="1"
          value={loadOf(props.worker)}
          aria-label={`Busy: ${props.worker.running_count} of ${props.worker.concurrency}`}
        />
        <span class="small num">
          <strong>{props.worker.running_count}</strong> <span class="muted">of {props.worker.concurrency} at once</span>
        </span>
      </div>
      <p class="small muted">{props.worker.job_types.map(typeTitle).join(', ')}</p>
      <Show when={props.worker.paused.length > 0}>
        <p class="notice" data-state="queued">
          Takes none of {props.worker.paused.map(typeTitle).join(', ')} now: the provider is out.
        </p>
      </Show>
      <Show when={shown().length > 0}>
        <ul class="worker-jobs small">
          <For each={shown()}>
            {(job) => (
              <li>
                <a href={addressOf.job(job.job_id)}>
                  <code>{job.job_id.slice(0, 8)}</code>
                </a>
                <span class="grow muted">
                  {typeTitle(job.job_type)}
                  {job.attempt > 1 ? `, attempt ${job.attempt}` : ''}
                </span>
                <span class="num">{spanText(now() - Date.parse(job.since))}</span>
              </li>
            )}
          </For>
          <Show when={hidden() > 0}>
            <li class="muted">and {hidden()} more</li>
          </Show>
        </ul>
      </Show>
    </li>
  );
}

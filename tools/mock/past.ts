import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { MockOptions } from './options.ts';
import { examplePayloads } from './output.ts';
import { pick, seeded } from './random.ts';
import type { Store } from './store.ts';

/** Over how long the jobs that are there at the start were submitted, in milliseconds. */
const SPAN_MS = 55 * 60_000;

/** Submits the jobs that are there at the start, so that lists, failures and figures have something to show. */
export function livePast(store: Store, { seed, past }: MockOptions, now: number): void {
  const random = seeded(seed, 0, 1);
  for (let index = 0; index < past; index += 1) {
    const job_type = pick(random, JOB_TYPE_VALUES);
    const at = Math.round(now - SPAN_MS * (1 - index / past));
    store.submit({ job_type, payload: pick(random, examplePayloads(job_type)), priority: 'normal', at });
  }
}

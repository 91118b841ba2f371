import { JOB_STATE_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobState, JobSummary, JobType } from '@dtq/generated/schemas/types.ts';
import { sleep } from '../backoff.ts';
import type { JobFilter } from '../client.ts';
import { Deadline } from '../deadline.ts';
import { type Command, isJson, noWords } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { numberOf, type Options, sinceOf, textOf, type Values } from './options.ts';
import { printable, tableOf } from './terminal.ts';

const FILTER: Options = {
  type: { value: 'TYPE', choices: JOB_TYPE_VALUES, text: 'only of this type' },
  state: { value: 'STATE', choices: JOB_STATE_VALUES, text: 'only in this state' },
  since: { value: 'MOMENT', text: 'submitted at this moment or later, or so long ago at most, such as 2h' },
  until: { value: 'MOMENT', text: 'submitted before this moment' },
  'error-code': { value: 'CODE', text: 'only failed with this code' },
  'trace-id': { value: 'ID', text: 'only with this trace id' },
};

/** What a page holds at most, by the contract. */
const LARGEST_PAGE = 200;

export const list: Command = {
  usage: '',
  summary: 'jobs, the newest first',
  options: { ...FILTER, limit: { value: 'N', short: 'n', text: 'how many at most; 20 where it is left out' } },
  run: async ({ client, values, rest, terminal, limits }) => {
    noWords(rest);
    const most = numberOf(values, 'limit') ?? 20;
    const jobs: JobSummary[] = [];
    const deadline = new Deadline(limits);
    try {
      const pages = client.list(filterOf(values), { signal: deadline.signal, limit: Math.min(most, LARGEST_PAGE) });
      for await (const job of pages) {
        jobs.push(job);
        if (jobs.length === most) break;
      }
    } finally {
      deadline.end();
    }
    if (isJson(values)) terminal.out(JSON.stringify(jobs, null, 2));
    else if (jobs.length > 0) terminal.out(tableOf(TITLES, jobs.map(rowOf)));
    else terminal.err('no jobs\n');
    return EXIT.done;
  },
};

export const tail: Command = {
  usage: '',
  summary: 'jobs as they come and change, until Ctrl-C or --timeout',
  options: {
    ...FILTER,
    interval: { value: 'MS', text: 'how often to look, in milliseconds; 1000 where it is left out' },
  },
  run: async ({ client, values, rest, terminal, limits }) => {
    noWords(rest);
    const intervalMs = numberOf(values, 'interval') ?? 1000;
    const shown = new Map<string, string>();
    const deadline = new Deadline(limits, () => new TailOver());
    let isFirst = true;
    try {
      for (;;) {
        const { jobs } = await client.page(filterOf(values), {
          signal: deadline.signal,
          limit: isFirst ? 10 : LARGEST_PAGE,
        });
        for (const job of jobs.toReversed()) {
          const row = rowOf(job).join('  ');
          if (shown.get(job.job_id) === row) continue;
          shown.set(job.job_id, row);
          terminal.out(isJson(values) ? JSON.stringify(job) : row);
        }
        // What has left the page changes no more in front of anybody.
        if (!isFirst) for (const id of shown.keys()) if (!jobs.some(({ job_id }) => job_id === id)) shown.delete(id);
        isFirst = false;
        await sleep(intervalMs, deadline.signal);
      }
    } catch (error) {
      if (error instanceof TailOver) return EXIT.done;
      throw error;
    } finally {
      deadline.end();
    }
  },
};

/** The time of a tail is up: that is how it ends, and no failure. */
class TailOver extends Error {}

const TITLES = ['JOB', 'TYPE', 'STATE', '%', 'SUBMITTED', 'MESSAGE'];

function rowOf({ job_id, job_type, state, progress_percent, submitted_at, message, error_code }: JobSummary): string[] {
  const words = error_code === undefined ? message : `${error_code}: ${message}`;
  const type = printable(job_type).padEnd(14);
  return [job_id, type, state.padEnd(9), String(progress_percent).padStart(3), submitted_at ?? '', printable(words)];
}

function filterOf(values: Values): JobFilter {
  return {
    jobType: textOf(values, 'type') as JobType | undefined,
    state: textOf(values, 'state') as JobState | undefined,
    since: sinceOf(values, 'since'),
    until: sinceOf(values, 'until'),
    errorCode: textOf(values, 'error-code'),
    traceId: textOf(values, 'trace-id'),
  };
}

import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { DeadLetterSummary, JobType, SystemReport } from '@dtq/generated/schemas/types.ts';
import { Deadline } from '../deadline.ts';
import type { ReplayWhich } from '../operators.ts';
import { type Command, type Context, isJson, noWords, onlyWord, write } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { numberOf, type Options, sinceOf, textOf, type Values } from './options.ts';
import { jsonOf } from './payload.ts';
import { factsOf, printable, tableOf } from './terminal.ts';

const WHICH: Options = {
  type: { value: 'TYPE', choices: JOB_TYPE_VALUES, text: 'only of this type' },
  since: { value: 'MOMENT', text: 'at this moment or later, or so long ago at most, such as 2h' },
  until: { value: 'MOMENT', text: 'before this moment' },
};

export const replay: Command = {
  usage: '[JOB_ID...]',
  summary: 'submit failed jobs again as new ones: those named, or those that match',
  options: {
    ...WHICH,
    'error-code': { value: 'CODE', text: 'only failed with this code' },
    all: { text: 'every failed job, where nothing else says which' },
    limit: { value: 'N', short: 'n', text: 'how many at most' },
    again: { text: 'also those that were replayed before' },
    'dry-run': { text: 'only tell how many there are' },
  },
  run: async (context) => {
    const { client, values, rest, limits } = context;
    const which = { ...whichOf(values), errorCode: textOf(values, 'error-code') };
    const isFiltered = Object.values(which).some((value) => value !== undefined);
    if (rest.length > 0 && isFiltered) throw new UsageError('name the jobs, or say which match, not both');
    if (rest.length === 0 && !isFiltered && values['all'] !== true)
      throw new UsageError('which jobs? name them, say which match (--type, --error-code, --since), or take --all');
    const report = await client.replay(rest.length > 0 ? rest : which, {
      ...limits,
      limit: numberOf(values, 'limit'),
      again: values['again'] === true ? true : undefined,
      dryRun: values['dry-run'] === true ? true : undefined,
    });
    write(context, report, () => {
      const lines = report.replays.map(({ replay_of, job_id }) => `${replay_of} -> ${job_id}`);
      const more = report.is_complete ? '' : '; there are more';
      return [...lines, `${report.matched} matched, ${report.replays.length} replayed${more}`].join('\n');
    });
    return EXIT.done;
  },
};

export const deadLetters: Command = {
  usage: '[show ID | replay ID]',
  summary: 'messages that could not be read as jobs: list them, show one, or submit one again',
  options: {
    ...WHICH,
    limit: { value: 'N', short: 'n', text: 'how many to list at most; 20 where it is left out' },
    payload: { value: 'JSON', text: 'for replay: a corrected payload' },
  },
  suggest: (words) => (words.length < 2 ? ['show', 'replay'] : []),
  run: async (context) => {
    const { client, values, rest, limits } = context;
    const [what, ...words] = rest;
    if (what === undefined) return listDeadLetters(context);
    const id = onlyWord(words, 'the id of a dead letter');
    if (what === 'show') {
      const report = await client.deadLetters.get(id, limits);
      write(context, report, () => factsOf({ ...report.dead_letter, replays: report.replays.length }));
      return EXIT.done;
    }
    if (what !== 'replay') throw new UsageError(`dead-letters takes show or replay, not ${JSON.stringify(what)}`);
    const text = textOf(values, 'payload');
    const payload = text === undefined ? undefined : (jsonOf('--payload', text) as object);
    const replayed = await client.deadLetters.replay(id, { ...limits, payload });
    write(context, replayed, () => replayed.job_id);
    return EXIT.done;
  },
};

async function listDeadLetters({ client, values, terminal, limits }: Context): Promise<number> {
  const most = numberOf(values, 'limit') ?? 20;
  const found: DeadLetterSummary[] = [];
  const deadline = new Deadline(limits);
  try {
    for await (const letter of client.deadLetters.list(whichOf(values), { signal: deadline.signal })) {
      found.push(letter);
      if (found.length === most) break;
    }
  } finally {
    deadline.end();
  }
  const rows = found.map(({ dead_letter_id, job_type, buried_at, reason }) => [
    dead_letter_id,
    printable(job_type),
    buried_at,
    printable(reason),
  ]);
  if (isJson(values)) terminal.out(JSON.stringify(found, null, 2));
  else if (rows.length > 0) terminal.out(tableOf(['ID', 'TYPE', 'BURIED', 'REASON'], rows));
  else terminal.err('no dead letters\n');
  return EXIT.done;
}

export const failures: Command = {
  usage: '',
  summary: 'what failed, by type and code',
  options: {
    type: WHICH['type'] as Options[string],
    since: { value: 'MOMENT', text: 'since when; a day ago where it is left out' },
  },
  run: async (context) => {
    noWords(context.rest);
    const { jobType, since } = whichOf(context.values);
    const report = await context.client.failures({ jobType, since }, context.limits);
    write(context, report, () =>
      report.groups.length === 0
        ? `nothing failed since ${report.since}`
        : tableOf(
            ['TYPE', 'CODE', 'COUNT', 'LAST'],
            report.groups.map(({ job_type, error_code, count, last_at }) => [
              printable(job_type),
              printable(error_code),
              String(count),
              last_at,
            ]),
          ),
    );
    return EXIT.done;
  },
};

export const system: Command = {
  usage: '',
  summary: 'how dtq is: parts, workers, backlog',
  options: {},
  run: async (context) => {
    noWords(context.rest);
    const report = await context.client.system(context.limits);
    write(context, report, () => systemInWords(report));
    return report.parts.every(({ ok }) => ok) ? EXIT.done : EXIT.notReachable;
  },
};

function systemInWords({ backend, parts, workers, types }: SystemReport): string {
  const texts = (...cells: unknown[]): string[] => cells.map((cell) => printable(String(cell ?? '-')));
  const partRows = parts.map(({ part, ok, ms }) => texts(part, ok ? 'ok' : 'does not answer', `${ms} ms`));
  const workerRows = workers?.map(({ worker, running_count, concurrency, job_types }) =>
    texts(worker, `${running_count} of ${concurrency}`, job_types.join(', ')),
  );
  const typeRows = types?.map(({ job_type, scheduled, queued, running, completed, failed, run_ms }) =>
    texts(job_type, scheduled, queued, running, completed, failed, run_ms.p50),
  );
  return [
    `${backend} backend`,
    tableOf(['PART', 'STATE', 'TOOK'], partRows),
    workerRows === undefined
      ? 'Nobody can say now which workers there are.'
      : tableOf(['WORKER', 'DOES', 'TYPES'], workerRows),
    typeRows === undefined
      ? 'Nobody can say now how many jobs there are.'
      : tableOf(['TYPE', 'SCHEDULED', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'MEDIAN MS'], typeRows),
  ].join('\n\n');
}

function whichOf(values: Values): Pick<ReplayWhich, 'jobType' | 'since' | 'until'> {
  return {
    jobType: textOf(values, 'type') as JobType | undefined,
    since: sinceOf(values, 'since'),
    until: sinceOf(values, 'until'),
  };
}

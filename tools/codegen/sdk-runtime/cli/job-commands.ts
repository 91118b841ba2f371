import { JOB_PRIORITY_VALUES, JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import type { JobPriority, JobType } from '@dtq/generated/schemas/types.ts';
import { JobFailedError } from '../errors.ts';
import type { EndedJob, JobRef } from '../types.ts';
import { type Command, type Context, isJson, onlyWord, write } from './command.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { textOf } from './options.ts';
import { fieldsOf, jobTypeOf, jsonOf, payloadOf } from './payload.ts';
import { ProgressLine } from './progress.ts';
import { factsOf } from './terminal.ts';

export const submit: Command = {
  usage: 'TYPE [FIELD=VALUE...]',
  summary: 'submit a job, and write its id',
  options: {
    payload: { value: 'JSON', text: 'the payload as JSON instead of fields; - reads it from standard input' },
    priority: { value: 'PRIORITY', choices: JOB_PRIORITY_VALUES, text: JOB_PRIORITY_VALUES.join(', ') },
    'run-at': { value: 'MOMENT', text: 'not before this moment, such as 2026-02-14T15:00:00Z' },
    delay: { value: 'TIME', text: 'not before so long from now, such as 10m' },
    'expires-at': { value: 'MOMENT', text: 'it fails where nobody has started it by then' },
    key: { value: 'KEY', text: 'an Idempotency-Key: the same submit with the same key makes no second job' },
    watch: { short: 'w', text: 'watch the job to its end, and write its output' },
  },
  suggest: async (words) => {
    const [type] = words;
    const known = JOB_TYPE_VALUES.find((one) => one === type);
    if (words.length < 2) return JOB_TYPE_VALUES;
    if (known === undefined) return [];
    const fields = await fieldsOf(known);
    return fields
      .filter(({ name }) => !words.slice(1, -1).some((word) => word.startsWith(`${name}=`)))
      .flatMap(({ name, choices }) => (choices === null ? [`${name}=`] : choices.map((value) => `${name}=${value}`)));
  },
  run: async (context) => {
    const { client, values, rest, terminal, limits } = context;
    const [typeText, ...words] = rest;
    const type = jobTypeOf(typeText);
    const payload = (await readPayload(context, words)) ?? (await payloadOf(type, words));
    const job = await client.submit<JobType>(type, payload as never, {
      ...limits,
      priority: textOf(values, 'priority') as JobPriority | undefined,
      runAt: textOf(values, 'run-at'),
      delay: textOf(values, 'delay'),
      expiresAt: textOf(values, 'expires-at'),
      idempotencyKey: textOf(values, 'key'),
    });
    if (values['watch'] !== true) {
      write(context, job, () => job.job_id);
      return EXIT.done;
    }
    if (!isJson(values)) terminal.err(`job ${job.job_id}\n`);
    return follow(context, job);
  },
};

export const watch: Command = {
  usage: 'JOB_ID',
  summary: 'watch a job to its end with a progress bar, and write its output',
  options: {},
  run: (context) => follow(context, onlyWord(context.rest, 'the id of a job')),
};

export const get: Command = {
  usage: 'JOB_ID',
  summary: 'what is known of a job: its document once it has ended, else its status',
  options: {},
  run: async (context) => {
    const job = await context.client.get(onlyWord(context.rest, 'the id of a job'), context.limits);
    write(context, job, () => factsOf({ ...job }));
    return EXIT.done;
  },
};

export const status: Command = {
  usage: 'JOB_ID',
  summary: 'how far a job is, asked of a worker',
  options: {},
  run: async (context) => {
    const reply = await context.client.status(onlyWord(context.rest, 'the id of a job'), context.limits);
    write(context, reply, () => factsOf({ ...reply }));
    return EXIT.done;
  },
};

export const cancel: Command = {
  usage: 'JOB_ID',
  summary: 'end a job that has not ended',
  options: {},
  run: async (context) => {
    const cancelled = await context.client.cancel(onlyWord(context.rest, 'the id of a job'), context.limits);
    write(context, cancelled, () => `${cancelled.job_id} ${cancelled.message}`);
    return EXIT.done;
  },
};

async function readPayload({ values, terminal }: Context, words: readonly string[]): Promise<object | undefined> {
  const text = textOf(values, 'payload');
  if (text === undefined) return undefined;
  if (words.length > 0) throw new UsageError('the payload comes from fields or from --payload, not from both');
  const payload = jsonOf('--payload', text === '-' ? await terminal.readInput() : text);
  if (typeof payload !== 'object' || payload === null) throw new UsageError('--payload takes a JSON object');
  return payload;
}

/** Shows each change of a job, and writes its output; as JSON, each change on a line. */
async function follow(context: Context, job: JobRef): Promise<number> {
  const { client, values, terminal, limits } = context;
  const progress = new ProgressLine(terminal);
  let ended: EndedJob | undefined;
  try {
    for await (const change of client.watch(job, limits)) {
      if (isJson(values)) terminal.out(JSON.stringify(change));
      else if (change.event === 'status') progress.show(change.data);
      if (change.event === 'result') ended = change.data;
    }
  } finally {
    progress.end();
  }
  // The stream says nothing more to whoever has heard its end; the document is there all the same.
  ended ??= await client.waitForEnd(job, limits);
  if (ended.final_state === 'failed') throw new JobFailedError(ended);
  if (!isJson(values)) terminal.out(factsOf({ ...ended.output }));
  return EXIT.done;
}

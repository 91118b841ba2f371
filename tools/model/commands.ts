import type { JobMessage, JobResult, JobStatus } from '@dtq/generated/schemas/types.ts';
import fc from 'fast-check';
import { type Answer, isOver, type Model, type ModelJob, wireState } from './job-model.ts';
import { PAYLOAD, type Platform } from './platform.ts';

// Each command does one thing to the platform and to the model, and then waits until the platform shows what the model says.
// A job is named by a number, taken modulo how many jobs there are, so that a shrunk history still makes sense.

/** A run of one history: the platform, and the ids of the model's jobs. */
export interface Run {
  readonly platform: Platform;
  readonly ids: string[];
  /** Commands done, over all runs. */
  readonly onStep: () => void;
}

export type Command = fc.AsyncCommand<Model, Run>;

/** How long the platform may take to show what must be, in milliseconds: far more than it needs, for nothing else ends a wait. */
const PATIENCE_MS = 30_000;

function command(
  name: string,
  check: (model: Readonly<Model>) => boolean,
  run: (model: Model, real: Run) => Promise<void>,
): Command {
  return {
    check,
    run: async (model, real) => {
      model.catchUp();
      const over = new Set(model.jobs.flatMap((job, index) => (isOver(job) ? [index] : [])));
      await run(model, real);
      // What was over before stays so, and is looked at once more in the end; one may come and be over in one command.
      for (const [index, job] of model.jobs.entries()) if (!over.has(index)) await shows(real, index, job, model);
      real.onStep();
    },
    toString: () => name,
  };
}

/** Waits until the platform shows of a job what the model says. */
export async function shows({ platform, ids }: Run, index: number, job: ModelJob, model: Model): Promise<void> {
  const jobId = ids[index] as string;
  let seen: unknown;
  await until(
    async () => {
      model.catchUp();
      const { data, error } = await platform.client.getJob({ params: { path: { job_id: jobId } } });
      seen = data ?? error;
      if (data === undefined || !isAsModelled(data, job)) return false;
      // The provider is called once for each attempt, and never for a job that did not start.
      return job.phase !== 'running' || platform.providers.callsOf(jobId).length === job.attempt;
    },
    () =>
      `job ${index} is ${JSON.stringify(seen)} after ${platform.providers.callsOf(jobId).length} calls, not ${JSON.stringify(job)}`,
  );
}

function isAsModelled(view: JobResult | JobStatus, job: ModelJob): boolean {
  const isResult = 'final_state' in view;
  if ((isResult ? view.final_state : view.state) !== wireState(job)) return false;
  if (isResult) return (view.error?.code ?? null) === job.code && (view.attempts ?? []).length === lastAttempts(job);
  if (job.attempt > 0 && view.attempt !== job.attempt) return false;
  // It stands until the next attempt begins, which may be later than it says.
  const isBetween = job.phase === 'waiting' || (job.phase === 'queued' && job.attempt > 0);
  if ((view.next_attempt_at !== undefined) !== isBetween) return false;
  return (view.run_at !== undefined) === (job.phase === 'scheduled');
}

/** A job that is given up for its many lost workers is so before the attempt that would have been one too many. */
function lastAttempts({ attempt, code }: ModelJob): number {
  return code === 'internal_error' ? attempt - 1 : attempt;
}

export async function until(isSo: () => Promise<boolean>, what: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (let call = 0; ; call += 1) {
    if (await isSo()) return;
    if (Date.now() > end) throw new Error(what());
    await new Promise((resolve) => (call < 20 ? setImmediate(resolve) : setTimeout(resolve, 5)));
  }
}

function pick(model: Readonly<Model>, number: number): number {
  return number % model.jobs.length;
}

function is(model: Readonly<Model>, number: number, isSo: (job: ModelJob) => boolean): boolean {
  return model.jobs.length > 0 && isSo(model.job(pick(model, number)));
}

const submit = (name: string, options: { delayMs?: number; expiresMs?: number; isKeyed?: boolean }): Command =>
  command(
    `submit${name}`,
    () => true,
    async (model, { platform, ids }) => {
      const { delayMs, expiresMs, isKeyed } = options;
      const key = isKeyed === true ? `key-${crypto.randomUUID()}` : null;
      const { data, error } = await platform.client.submitJob({
        body: {
          job_type: 'weather',
          payload: PAYLOAD,
          ...(delayMs === undefined ? {} : { delay: `${delayMs}ms` }),
          ...(expiresMs === undefined ? {} : { expires_at: new Date(model.now + expiresMs).toISOString() }),
        },
        ...(key === null ? {} : { params: { header: { 'Idempotency-Key': key } } }),
      });
      if (data === undefined) throw new Error(`not accepted: ${JSON.stringify(error)}`);
      ids.push(data.job_id);
      model.submit({ key, ...options });
    },
  );

const submitAgain = (number: number): Command =>
  command(
    `submitAgain(${number})`,
    (model) => is(model, number, ({ key }) => key !== null),
    async (model, { platform, ids }) => {
      const index = pick(model, number);
      const { data, response } = await platform.client.submitJob({
        body: { job_type: 'weather', payload: PAYLOAD },
        params: { header: { 'Idempotency-Key': String(model.job(index).key) } },
      });
      if (data?.job_id !== ids[index]) throw new Error(`the key made another job, or none: ${response.status}`);
      const other = await platform.client.submitJob({
        body: { job_type: 'weather', payload: { ...PAYLOAD, city: 'Boston' } },
        params: { header: { 'Idempotency-Key': String(model.job(index).key) } },
      });
      if (other.response.status !== 422) throw new Error(`the key took another body: ${other.response.status}`);
    },
  );

const answer = (number: number, given: Answer): Command =>
  command(
    `answer(${number}, ${given})`,
    (model) => is(model, number, ({ phase }) => phase === 'running'),
    async (model, { platform, ids }) => {
      const index = pick(model, number);
      platform.providers
        .callsOf(ids[index] as string)
        .at(-1)
        ?.answer(given);
      model.answer(index, given);
    },
  );

const cancel = (number: number): Command =>
  command(
    `cancel(${number})`,
    (model) => model.jobs.length > 0,
    async (model, { platform, ids }) => {
      const index = pick(model, number);
      const job = model.job(index);
      const jobId = ids[index] as string;
      const wasOver = isOver(job);
      const wasRunning = job.phase === 'running';
      const { response, error } = await platform.client.cancelJob({ params: { path: { job_id: jobId } } });
      if (response.status !== (wasOver ? 409 : 202)) throw new Error(`cancel answered ${response.status}`);
      if (wasOver && (error as { state?: string }).state !== wireState(job))
        throw new Error('cancel names another state');
      model.cancel(index);
      const call = platform.providers.callsOf(jobId).at(-1);
      if (wasRunning)
        await until(
          async () => call?.signal.aborted === true,
          () => `the attempt at job ${index} goes on`,
        );
    },
  );

/** The same message once more, as a broker or a producer may bring it, once it has been on the queue. */
const duplicate = (number: number): Command =>
  command(
    `duplicate(${number})`,
    (model) => is(model, number, ({ phase }) => phase !== 'scheduled'),
    async (model, { platform, ids }) => {
      const job_id = ids[pick(model, number)] as string;
      const job: JobMessage = {
        schema_version: '1.0',
        job_id,
        job_type: 'weather',
        submitted_at: new Date(model.now).toISOString(),
        trace_id: crypto.randomUUID(),
        payload: PAYLOAD,
      };
      await platform.publish(job);
    },
  );

const replay = (number: number): Command =>
  command(
    `replay(${number})`,
    (model) => is(model, number, ({ phase }) => phase === 'failed'),
    async (model, { platform, ids }) => {
      const jobId = ids[pick(model, number)] as string;
      const { data, error } = await platform.client.replayJobs({ body: { filter: { job_ids: [jobId] }, again: true } });
      const [made] = data?.replays ?? [];
      if (made?.replay_of !== jobId) {
        const there = await platform.client.getJob({ params: { path: { job_id: jobId } } });
        throw new Error(`not replayed: ${JSON.stringify(data ?? error)}, of ${JSON.stringify(there.data)}`);
      }
      ids.push(made.job_id);
      model.submit({});
    },
  );

const poison = (): Command =>
  command(
    'poison',
    () => true,
    async (model, { platform }) => {
      await platform.poison(new TextEncoder().encode('{"job_type":'));
      model.deadLetters += 1;
    },
  );

const advance = (ms: number): Command =>
  command(
    `advance(${ms})`,
    () => true,
    async (model, { platform }) => {
      await platform.advance(ms);
      model.advance(ms);
    },
  );

const stopWorker = (): Command =>
  command(
    'stopWorker',
    ({ isWorkerUp }) => isWorkerUp,
    async (model, { platform }) => {
      await platform.stopWorker();
      model.stopWorker();
    },
  );

const startWorker = (): Command =>
  command(
    'startWorker',
    ({ isWorkerUp }) => !isWorkerUp,
    async (model, { platform }) => {
      await platform.startWorker();
      model.startWorker();
    },
  );

/** A job that nobody starts in time, where time goes by itself: no worker is there, and its end is waited for. */
const expire = (expiresMs: number): Command =>
  command(
    'expire',
    ({ isWorkerUp }) => !isWorkerUp,
    async (model, real) => {
      await submit('Expiring', { expiresMs }).run(model, real);
      await real.platform.advance(expiresMs);
      model.catchUp();
    },
  );

/** At most so many, where a crash is dear. */
const crash = (most: number): Command => {
  let crashes = 0;
  return command(
    'crash',
    () => crashes < most,
    async (model, { platform }) => {
      crashes += 1;
      await platform.crash();
      if (!model.isWorkerUp) return;
      model.stopWorker();
      model.startWorker();
    },
  );
};

export interface Choice {
  /** The steps of time that may be taken, in milliseconds; none where time cannot be moved. */
  readonly advances: readonly number[];
  readonly delayMs: number;
  readonly expiresMs: number;
  /** Whether a job may expire only where it is waited for: with a clock of its own nobody could say which of two came first. */
  readonly isExpiryWaitedFor: boolean;
  readonly answers: readonly Answer[];
  readonly mostCrashes: number;
}

/** Every command, those that make a history interesting more often than others. */
export function commandsOf({
  advances,
  delayMs,
  expiresMs,
  isExpiryWaitedFor,
  answers,
  mostCrashes,
}: Choice): fc.Arbitrary<Command>[] {
  const number = fc.nat({ max: 30 });
  const crashing = crash(mostCrashes);
  return [
    fc.constant(submit('', {})),
    fc.constant(submit('WithKey', { isKeyed: true })),
    fc.constant(submit('Delayed', { delayMs })),
    ...(isExpiryWaitedFor
      ? [fc.constant(expire(expiresMs))]
      : [
          fc.constant(submit('Expiring', { expiresMs })),
          fc.constant(submit('DelayedExpiring', { delayMs, expiresMs: delayMs + expiresMs })),
        ]),
    number.map(submitAgain),
    fc.tuple(number, fc.constantFrom(...answers)).map(([index, given]) => answer(index, given)),
    fc.tuple(number, fc.constantFrom(...answers)).map(([index, given]) => answer(index, given)),
    number.map(cancel),
    number.map(duplicate),
    number.map(replay),
    fc.constant(poison()),
    ...(advances.length === 0 ? [] : [fc.constantFrom(...advances).map(advance)]),
    fc.constant(stopWorker()),
    fc.constant(startWorker()),
    fc.constant(startWorker()),
    fc.constant(crashing),
  ];
}

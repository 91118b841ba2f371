import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient, type Success } from '@dtq/generated/rest/client.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';
import type { Random } from '@dtq/mock/random.ts';
import { type PlannedJob, planJob } from './job-mix.ts';
import type { Watch } from './watch.ts';

type Accepted = Success<'submitJob'>;

/** Requests that are under way at most: an API that hangs must not pile them up here. */
const MOST_AT_ONCE = 150;
const TICK_MS = 10;
/** More than an API may take (REQUEST_TIMEOUT is 5 s): who has no answer by then gets none. */
const ANSWER_MS = 8000;
const REPEAT_AFTER_MS = 200;
/** So long a submit is repeated; far more than any process is away for. */
const SETTLE_MS = 90_000;

/** What a client can meet and repeat: too fast, a repeat while the first is answered, nobody knows, nothing answers. */
const REPEATABLE = [408, 409, 429, 503];

/** What the clients of the run were told. */
export class Told {
  readonly answers = new Map<string, Pick<Accepted, 'job_type'> & { readonly trace_id: string | null }>();
  /** Jobs whose cancel was answered with 202. */
  readonly cancelled = new Set<string>();
  readonly wrong: string[] = [];
  /** Jobs that could start at once. */
  readonly prompt = new Set<string>();
  /** Of each submit until it was accepted at its last try, in milliseconds. */
  readonly submitMs: number[] = [];
  repeats = 0;
  broken = 0;
  cancelsAsked = 0;
  readonly problems = new Map<string, number>();
}

/** How many may be submitted now, given how many were started and how many of those are under way. */
export type Pace = (started: number, underWay: number) => number;

/** So many at once that are not done yet: as fast as it is done. */
export function asFastAsDone(window: number, watch: Watch): Pace {
  return (_, underWay) => window - watch.open - underWay;
}

/** So many a second. What could not be submitted in time is left out, and not made good in a burst. */
export function steadily(perSecond: number, now: () => number = () => performance.now()): Pace {
  let allowed = 0;
  let last = now();
  return () => {
    const at = now();
    allowed = Math.min(allowed + ((at - last) * perSecond) / 1000, Math.max(1, perSecond / 10));
    last = at;
    const whole = Math.floor(allowed);
    allowed -= whole;
    return whole;
  };
}

/** Clients that submit jobs of all kinds, ask for them and cancel some, each until it has its answer. */
export class Traffic {
  readonly told = new Told();
  readonly #next: () => string;
  readonly #random: Random;
  readonly #watch: Watch;
  readonly #clients = new Map<string, Client>();
  readonly #underWay = new Set<Promise<void>>();
  #started = 0;
  #pace: Pace | null = null;
  #isGivenUp = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(next: () => string, random: Random, watch: Watch) {
    this.#next = next;
    this.#random = random;
    this.#watch = watch;
  }

  start(pace: Pace): void {
    this.#pace = pace;
    this.#loop = this.#submitAll();
  }

  /** Submits no more, and waits until every job that was begun is settled. */
  async stop(): Promise<void> {
    this.#pace = null;
    await this.#loop;
    await Promise.all(this.#underWay);
  }

  /** Leaves everything as it is: nobody wants to know any more. */
  giveUp(): void {
    this.#pace = null;
    this.#isGivenUp = true;
  }

  async #submitAll(): Promise<void> {
    for (; this.#pace !== null; await delay(TICK_MS)) {
      const underWay = this.#underWay.size;
      const count = Math.min(this.#pace(this.#started, underWay), MOST_AT_ONCE - underWay);
      for (let one = 0; one < count; one += 1) {
        this.#started += 1;
        const settled = this.#settle(planJob(this.#random, `soak-${this.#started}`)).finally(() =>
          this.#underWay.delete(settled),
        );
        this.#underWay.add(settled);
      }
    }
  }

  async #settle(job: PlannedJob): Promise<void> {
    const answer = await this.#submit(job);
    if (answer === null) return;
    const { job_id, job_type, trace_id, tries } = answer;
    this.told.answers.set(job_id, { job_type, trace_id: tries === 1 ? trace_id : null });
    if (!('delay' in job.body)) this.told.prompt.add(job_id);
    this.#watch.add(job_id);
    if (job.isRepeated) {
      const again = await this.#submit(job);
      if (again !== null && again.job_id !== job_id)
        this.told.wrong.push(`the repeat of ${job_id} made ${again.job_id}`);
    }
    if (job.asks !== null) await this.#ask(job_id, job.asks);
    if (job.cancelAfterMs === null) return;
    await delay(job.cancelAfterMs);
    await this.#cancel(job_id);
  }

  /** Repeats until somebody answers; null where the answer is none that a client can live with, which is kept. */
  async #submit({ body, key }: PlannedJob): Promise<(Accepted & { readonly tries: number }) | null> {
    const end = performance.now() + SETTLE_MS;
    for (let tries = 1; performance.now() < end && !this.#isGivenUp; tries += 1) {
      const began = performance.now();
      const answer = await this.#once((client, signal) =>
        client.submitJob({ body, headers: { 'Idempotency-Key': key }, signal }),
      );
      if (tries > 1) this.told.repeats += 1;
      if (answer?.data !== undefined) {
        this.told.submitMs.push(performance.now() - began);
        return { ...answer.data, tries };
      }
      if (answer !== null && !this.#isRepeatable(answer)) return null;
      await delay(REPEAT_AFTER_MS);
    }
    this.told.wrong.push(`nobody could tell of ${key} within ${SETTLE_MS / 1000} s`);
    return null;
  }

  /** A job that was accepted is known to every API from then on, though a store or a worker may be silent. */
  async #ask(job_id: string, what: 'status' | 'job'): Promise<void> {
    const params = { path: { job_id } };
    const answer = await this.#once<{ readonly response: Response }>((client, signal) =>
      what === 'status' ? client.getJobStatus({ params, signal }) : client.getJob({ params, signal }),
    );
    const status = answer?.response.status ?? 503;
    if (![200, 503, 504].includes(status)) this.told.wrong.push(`${what} of ${job_id}: ${status}`);
  }

  async #cancel(job_id: string): Promise<void> {
    this.told.cancelsAsked += 1;
    const answer = await this.#once((client, signal) => client.cancelJob({ params: { path: { job_id } }, signal }));
    if (answer === null) return;
    const { status } = answer.response;
    if (status === 202) this.told.cancelled.add(job_id);
    else if (![409, 503].includes(status)) this.told.wrong.push(`the cancel of ${job_id}: ${status}`);
  }

  /** One request to whoever is next; null where no answer comes. */
  async #once<T>(ask: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const url = this.#next();
    const client = this.#clients.get(url) ?? createClient({ baseUrl: url });
    this.#clients.set(url, client);
    try {
      return await ask(client, AbortSignal.timeout(ANSWER_MS));
    } catch {
      this.told.broken += 1;
      return null;
    }
  }

  #isRepeatable({ error, response }: { error?: Problem | undefined; response: Response }): boolean {
    const words = `${response.status} ${error?.code ?? ''}`;
    if (!REPEATABLE.includes(response.status)) {
      this.told.wrong.push(words);
      return false;
    }
    this.told.problems.set(words, (this.told.problems.get(words) ?? 0) + 1);
    return true;
  }
}

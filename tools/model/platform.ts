import type { Clock } from '@dtq/core/clock.ts';
import { JobFailure } from '@dtq/core/errors.ts';
import type { Output } from '@dtq/generated/jobs/index.ts';
import type { Client } from '@dtq/generated/rest/client.ts';
import type { JobMessage } from '@dtq/generated/schemas/types.ts';
import type { JobHandler } from '@dtq/worker/handler.ts';
import { type Answer, CODES } from './job-model.ts';

/** The platform under test, as the commands see it. */
export interface Platform {
  readonly client: Client;
  readonly providers: HeldProvider;
  /** Moves its clock; where it has the real one, waits. */
  advance(ms: number): Promise<void>;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  /** Everything dies at once, and is started again, with a worker if there was one. */
  crash(): Promise<void>;
  /** Puts a message on the queue once more, or one that is no job. */
  publish(job: JobMessage): Promise<void>;
  poison(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A clock that stands until it is moved. */
export class HandClock implements Clock {
  #now = Date.parse('2026-02-14T15:12:04.000Z');

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}

export const PAYLOAD = { city: 'Austin', country_code: 'US', units: 'metric' } as const;
const OUTPUT: Output<'weather'> = { temperature: 20.4, condition: 'Cloudy', humidity_pct: 61, wind_kph: 13.2 };

interface Call {
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
}

/** A provider that answers no attempt before it is told how. */
export class HeldProvider {
  readonly #calls = new Map<string, Call[]>();
  readonly #busyMs: number;

  /** `busyMs` is what it asks to wait where it is busy. */
  constructor(busyMs: number) {
    this.#busyMs = busyMs;
  }

  /** Every call on behalf of a job so far. */
  callsOf(jobId: string): readonly Call[] {
    return this.#calls.get(jobId) ?? [];
  }

  readonly handler: JobHandler<'weather'> = (_payload, { jobId, attempt, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Output<'weather'>>();
    const answer = (given: Answer): void => {
      if (given === 'ok') resolve(OUTPUT);
      else
        reject(
          new JobFailure(CODES[given], `told to be ${given}`, given === 'busy' ? { retryAfterMs: this.#busyMs } : {}),
        );
    };
    this.#calls.set(jobId, [...this.callsOf(jobId), { attempt, signal, answer }]);
    return promise;
  };
}

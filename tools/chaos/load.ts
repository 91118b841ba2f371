import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@dtq/generated/rest/client.ts';
import type { Problem } from '@dtq/generated/schemas/types.ts';

export interface Submitted {
  /** Jobs that were accepted: 202. */
  readonly accepted: Set<string>;
  /** Jobs of which nobody can say: 503, or a connection that broke. */
  readonly unknown: Set<string>;
  readonly problems: Problem[];
  /** The longest that a submit took, in milliseconds. */
  slowestMs: number;
  /** Answers that were neither 202 nor 503. */
  readonly wrong: string[];
  /** Connections that broke without an answer. */
  broken: number;
}

export interface Load {
  readonly submitted: Submitted;
  /** Stops submitting, and waits for the answers that are still to come. */
  stop(): Promise<Submitted>;
}

const PAUSE_MS = 40;

/** Submits one job after another to an API, several at once, until it is stopped. */
export function startLoad(url: () => string, atOnce = 4): Load {
  const submitted: Submitted = {
    accepted: new Set(),
    unknown: new Set(),
    problems: [],
    slowestMs: 0,
    wrong: [],
    broken: 0,
  };
  let going = true;
  const one = async (number: number): Promise<void> => {
    while (going) {
      const client = createClient({ baseUrl: url() });
      const began = performance.now();
      try {
        const { data, error, response } = await client.submitJob({
          body: { job_type: 'weather', payload: { city: `City ${number}`, units: 'metric' } },
        });
        if (data !== undefined) submitted.accepted.add(data.job_id);
        else if (response.status === 503) {
          submitted.problems.push(error);
          if (error.job_id !== undefined) submitted.unknown.add(error.job_id);
        } else submitted.wrong.push(`${response.status} ${JSON.stringify(error)}`);
      } catch {
        submitted.broken += 1;
      }
      submitted.slowestMs = Math.max(submitted.slowestMs, performance.now() - began);
      await delay(PAUSE_MS);
    }
  };
  const all = Array.from({ length: atOnce }, (_, number) => one(number));
  return {
    submitted,
    stop: async () => {
      going = false;
      await Promise.all(all);
      return submitted;
    },
  };
}

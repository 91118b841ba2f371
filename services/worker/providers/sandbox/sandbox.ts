import { sleep } from '@dtq/core/clock.ts';
import { type ProviderFetch, SANDBOX } from '../provider.ts';
import { hashOf, plain } from './hash.ts';
import { COMMON_INPUTS } from './inputs.ts';

/** One provider, played from made-up data: the same answers for the same questions, always. */
export interface SandboxService {
  /** The value of the question that decides on its answer, such as the name of the city. */
  readonly subject: (url: URL) => string;
  /** The good answer, as the real provider would send it. */
  readonly answer: (url: URL) => Response;
}

/** How long an answer about a subject takes, in milliseconds. */
export type Latency = (subject: string) => number;

/** 150 to 300 ms, always the same for a subject: long enough to see a job's steps go by. */
export const naturalLatency: Latency = (subject) => 150 + hashOf(subject, 151);

/** For tests. */
export const noLatency: Latency = () => 0;

/** A provider that needs no network. Plays the faults of COMMON_INPUTS; rejects with the signal's reason when it aborts. */
export function sandboxFetch(service: SandboxService, latency: Latency): ProviderFetch {
  return async (call) => {
    const subject = plain(service.subject(call.url));
    await sleep(latency(subject), call.signal);
    const fault = COMMON_INPUTS.find(({ input }) => plain(input) === subject);
    return { response: (await fault?.answer(call)) ?? service.answer(call.url), provider: SANDBOX };
  };
}

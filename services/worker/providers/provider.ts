import type { JobPolicy } from '@dtq/generated/jobs/index.ts';

/** One GET to a provider. */
export interface ProviderCall {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the call's time is over or the job is taken away. */
  readonly signal: AbortSignal;
  /** What the call may take in all, in milliseconds; the signal keeps it. */
  readonly timeoutMs: number;
  /** Which call of its attempt this is, from 1. */
  readonly number: number;
}

/** The body of an answer: its chunks, once. What nobody reads is let go of by `discard` (read-body.ts). */
export interface ProviderBody extends AsyncIterable<Uint8Array> {
  /** Reads what is left where that is at most `limit` bytes and comes before the signal, which keeps the connection. */
  dump?(options: { readonly limit: number; readonly signal: AbortSignal }): Promise<void>;
  /** Lets go of what is left, at the cost of the connection. */
  cancel?(): Promise<void>;
}

/** What is needed of an answer over HTTP; a `Response` is one. */
export interface ProviderResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ProviderBody | null;
}

export interface ProviderAnswer {
  readonly response: ProviderResponse;
  /** Who made the answer: the provider's own name, or `sandbox`. Goes into `output.provider`. */
  readonly provider: string;
}

/** Answers as `fetch` does, save that it follows no redirect: resolves for every HTTP status, and rejects where no answer came about. */
export type ProviderFetch = (call: ProviderCall) => Promise<ProviderAnswer>;

/** What every question to a provider needs beside its own values. */
export interface Asking {
  readonly policy: JobPolicy;
  readonly signal: AbortSignal;
}

/** The name under which the sandbox answers. */
export const SANDBOX = 'sandbox';

/** Who made an output that several answers went into: the sandbox, as soon as one of them was made up. */
export function madeBy(...answers: readonly { readonly provider: string }[]): string {
  return answers.find(({ provider }) => provider === SANDBOX)?.provider ?? answers.at(-1)?.provider ?? SANDBOX;
}

import { JobFailure } from '@dtq/core/errors.ts';
import { silentLogger } from '@dtq/core/log.ts';
import { JOB_PAGES } from '@dtq/generated/jobs/index.ts';
import type { JobType } from '@dtq/generated/schemas/types.ts';
import { handlers } from '@dtq/generated/wiring/handlers.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobHandler } from '../handler.ts';
import { createProviders } from '../providers/providers.ts';
import { NOWHERE } from '../providers/testing/config.ts';
import { runHandler } from '../providers/testing/run-handler.ts';
import {
  endless,
  halfBody,
  json,
  never,
  type Play,
  redirect,
  reset,
  startSimulator,
  stuck,
  text,
} from '../providers/testing/simulator.ts';

// Whatever its provider does, a job of every type ends in the same way. What each type makes of good answers, and of those
// that mean something of their own, stands in the tests of its handler.

const FAULTS: readonly { fault: string; play: Play; ends: string; calls: number }[] = [
  { fault: 'no answer at all', play: never, ends: 'provider_timeout', calls: 3 },
  { fault: 'a body that never ends', play: stuck, ends: 'provider_timeout', calls: 3 },
  { fault: '503', play: json({ error: 'db-7.internal is down' }, 503), ends: 'provider_unavailable', calls: 3 },
  { fault: '408', play: json({}, 408), ends: 'provider_unavailable', calls: 3 },
  { fault: 'a reset', play: reset, ends: 'provider_unavailable', calls: 3 },
  { fault: 'half a body', play: halfBody, ends: 'provider_unavailable', calls: 3 },
  {
    fault: '429 with a long Retry-After',
    play: json({}, 429, { 'retry-after': '60' }),
    ends: 'provider_rate_limited',
    calls: 1,
  },
  { fault: '400', play: json({ message: 'no' }, 400), ends: 'provider_rejected', calls: 1 },
  { fault: '404 of a server that is another', play: text('<h1>404</h1>', 404), ends: 'provider_rejected', calls: 1 },
  { fault: '403 without a word', play: text('', 403), ends: 'provider_rejected', calls: 1 },
  { fault: 'a redirect', play: redirect, ends: 'provider_invalid_response', calls: 1 },
  { fault: '304 to a question without a condition', play: text('', 304), ends: 'provider_invalid_response', calls: 1 },
  { fault: 'a page of HTML', play: text('<!doctype html>'), ends: 'provider_invalid_response', calls: 2 },
  { fault: 'JSON that is cut off', play: text('{"a":'), ends: 'provider_invalid_response', calls: 2 },
  { fault: 'bytes that are no UTF-8', play: text(Buffer.from([0xff])), ends: 'provider_invalid_response', calls: 2 },
  { fault: 'a body without an end', play: endless, ends: 'provider_invalid_response', calls: 1 },
  { fault: 'a text', play: json('42'), ends: 'provider_invalid_response', calls: 1 },
  { fault: 'null', play: json(null), ends: 'provider_invalid_response', calls: 1 },
  {
    fault: 'objects in place of values',
    play: json({ results: {}, rates: [] }),
    ends: 'provider_invalid_response',
    calls: 1,
  },
  {
    fault: 'a key that reaches the prototype',
    play: text('{"__proto__":{"login":"x"}}'),
    ends: 'provider_invalid_response',
    calls: 2,
  },
];

// The types that call a provider; another has nothing to fear from one.
for (const type of ['weather', 'quote', 'exchange_rate', 'github_user'] as const satisfies readonly JobType[]) {
  describe(type, () => {
    it.each(FAULTS)('$fault ends in $ends after $calls calls', async ({ play, ends, calls }) => {
      const provider = await startSimulator(play);
      onTestFinished(() => provider.close());
      const urls = Object.fromEntries(Object.keys(NOWHERE).map((name) => [name, provider.url]));
      const providers = createProviders({ ...NOWHERE, ...urls, mode: 'live', githubToken: undefined }, silentLogger());
      const [example] = (await JOB_PAGES[type]()).examples;
      const handler = handlers[type] as JobHandler<JobType>;
      const error: unknown = await runHandler<JobType>(type, handler, example?.payload ?? {}, providers, {
        providerTimeoutMs: 200,
      }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(JobFailure);
      expect((error as JobFailure).code).toBe(ends);
      expect(String(error)).not.toMatch(/127\.0\.0\.1|internal/);
      expect(provider.requests).toHaveLength(calls);
    });
  });
}

import { parseTraceparent } from '@dtq/core/tracing.ts';
import { startSystem } from '@dtq/testkit/system.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// What becomes of a caller's `traceparent` where nobody traces: it is handed on, or it is as if there were none.

const GOOD = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const AUSTIN = { job_type: 'weather', payload: { city: 'Austin', units: 'metric' }, delay: '1h' };

/** Submits a job for later under a `traceparent`, and gives what its row in the schedule says. */
async function handedOn(environment: Readonly<Record<string, string>>, ...sent: readonly string[]): Promise<unknown[]> {
  const { request, backend } = await startSystem({ worker: false, environment });
  const found: unknown[] = [];
  for (const traceparent of sent) {
    const answer = await request('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: JSON.stringify(AUSTIN),
    });
    expect(answer.status, traceparent).toBe(202);
    const { job_id } = (await answer.json()) as { job_id: string };
    const [row] = await backend.schedule.find(job_id);
    found.push(row?.traceparent);
  }
  return found;
}

describe('a traceparent of a caller', () => {
  it('goes along with the job where callers are trusted', async () => {
    expect(await handedOn({ API_TRUST_TRACEPARENT: 'on' }, GOOD)).toEqual([GOOD]);
  });

  it('counts for nothing by default', async () => {
    expect(await handedOn({}, GOOD)).toEqual([undefined]);
  });

  it('counts for nothing where it is malformed, and fails no request', async () => {
    const malformed = ['x', `${GOOD}-more`, GOOD.replace('00-', 'ff-'), GOOD.toUpperCase(), '0'.repeat(8000)];
    expect(await handedOn({ API_TRUST_TRACEPARENT: 'on' }, ...malformed)).toEqual(malformed.map(() => undefined));
  });

  it('is read as the recommendation says, whatever the text', () => {
    const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
    fc.assert(
      fc.property(hex(2), hex(32), hex(16), hex(2), (version, traceId, spanId, flags) => {
        const isGood = version !== 'ff' && !/^0+$/.test(traceId) && !/^0+$/.test(spanId);
        const isSampled = Number.parseInt(flags, 16) % 2 === 1;
        expect(parseTraceparent(`${version}-${traceId}-${spanId}-${flags}`)).toEqual(
          isGood ? { traceId, spanId, isSampled } : null,
        );
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTraceparent(text)).toBeNull();
      }),
    );
  });
});

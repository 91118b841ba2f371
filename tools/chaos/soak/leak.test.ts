import path from 'node:path';
import { createClient } from '@dtq/generated/rest/client.ts';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { startProgram } from '@dtq/testkit/program.ts';
import { eventually } from '@dtq/testkit/wait.ts';
import { describe, expect, it } from 'vitest';
import { leftOver } from './growth.ts';
import { probeEnvironment, type Sample, sampleOf } from './sample.ts';

// That what the soak looks at tells a leak from none: in a whole system, in one process, that was made to leak.

const WARM_UP_JOBS = 200;
const JOBS = 300;
const AT_ONCE = 50;
const TIMEOUT_MS = 120_000;

/** What a system leaves over after some hundred jobs, judged as the soak judges it. */
async function leftAfterJobs(leak: string): Promise<readonly string[]> {
  const probe = path.join(freshFolder(), 'probe');
  const { url, child } = await startProgram('services/standalone/main.ts', {
    DTQ_DATA_DIR: freshFolder(),
    SOAK_LEAK: leak,
    ...probeEnvironment(probe, `--import=${path.join(import.meta.dirname, 'test/leak.ts')}`),
  });
  const client = createClient({ baseUrl: url });
  const sample = (): Promise<Sample> => sampleOf((name) => void child.kill(name), probe);
  const doJobs = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, index) => {
          const body = { job_type: 'weather', payload: { city: `City ${index}`, units: 'metric' } } as const;
          const { data } = await client.submitJob({ body });
          const params = { path: { job_id: String(data?.job_id) }, query: { wait: '30s' } };
          expect((await client.getJob({ params })).data).toMatchObject({ final_state: 'completed' });
        }),
      );
  };
  await doJobs(WARM_UP_JOBS);
  const before = await sample();
  await doJobs(JOBS);
  // What goes by itself may take its time; what is still there then is left over.
  let left: readonly string[] = [];
  await eventually(
    'nothing is left over',
    async () => {
      left = leftOver(before, await sample());
      return left.length === 0;
    },
    leak === '' ? 30_000 : 1000,
  ).catch(() => undefined);
  return left;
}

describe('what the soak looks at', () => {
  it('finds nothing in a system that does not leak', { timeout: TIMEOUT_MS }, async () => {
    expect(await leftAfterJobs('')).toEqual([]);
  });

  for (const [leak, words] of [
    ['heap', /^heap, MiB: /],
    ['handles', /^handles: /],
    ['files', /^open files: /],
  ] as const)
    it(`finds ${leak} that every request leaves over`, { timeout: TIMEOUT_MS }, async () => {
      expect(await leftAfterJobs(leak)).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
    });
});

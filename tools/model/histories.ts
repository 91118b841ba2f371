import type { JobSummary } from '@dtq/generated/schemas/types.ts';
import fc from 'fast-check';
import { type Choice, type Command, commandsOf, type Run, shows, until } from './commands.ts';
import { type Model, wireState } from './job-model.ts';
import type { Platform } from './platform.ts';

export interface Histories {
  readonly choice: Choice;
  /** Commands of all histories together, at the least. */
  readonly steps: number;
  /** Commands of one history at the most. */
  readonly longest: number;
  readonly open: () => Promise<Platform>;
  readonly model: (platform: Platform) => Model;
  /** To make the same histories again, as a failure prints it. */
  readonly seed?: number | undefined;
}

/**
 * Runs random histories until so many steps are done, each on a platform of its own, and compares all along. Rejects with the
 * shortest history that fails, and the seed that makes it again. Resolves to the steps that were done.
 */
export async function runHistories({ choice, steps, longest, open, model, seed }: Histories): Promise<number> {
  let done = 0;
  const commands = commandsOf(choice);
  const history = fc.asyncProperty(fc.commands(commands, { maxCommands: longest, size: 'max' }), async (found) => {
    if (done >= steps) return;
    const platform = await open();
    try {
      const real: Run = { platform, ids: [], onStep: () => (done += 1) };
      const modelled = model(platform);
      await fc.asyncModelRun(() => ({ model: modelled, real }), found as Iterable<Command>);
      await holdsInTheEnd(modelled, real);
    } finally {
      await platform.close();
    }
  });
  await fc.assert(history, {
    numRuns: steps,
    ...(seed === undefined ? {} : { seed }),
    // A history is shrunk for this long at the most, in milliseconds.
    interruptAfterTimeLimit: 900_000,
    endOnFailure: false,
  });
  return done;
}

/** The seed that somebody asks for by MODEL_SEED. */
export function seedOf({ MODEL_SEED }: NodeJS.ProcessEnv): number | undefined {
  return MODEL_SEED === undefined ? undefined : Number(MODEL_SEED);
}

/** Every job is as the model has it, once, in the list and by itself; and nothing else is there. */
async function holdsInTheEnd(model: Model, real: Run): Promise<void> {
  for (const [index, job] of model.jobs.entries()) await shows(real, index, job, model);
  let fault = '';
  // A document is there a moment before the status and the counts that tell of it.
  await until(
    async () => {
      fault = await faultOfList(model, real);
      return fault === '';
    },
    () => fault,
  );
}

/** What is wrong with the list of all jobs and with the counts; empty for nothing. */
async function faultOfList(model: Model, { platform: { client }, ids }: Run): Promise<string> {
  model.catchUp();
  const listed: JobSummary[] = [];
  let cursor: string | undefined;
  let counts: Record<string, number> = {};
  do {
    const { data, error } = await client.listJobs({
      params: { query: { limit: 7, ...(cursor === undefined ? {} : { cursor }) } },
    });
    if (data === undefined) return `no list: ${JSON.stringify(error)}`;
    listed.push(...data.jobs);
    counts = { ...data.counts };
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
  const [expected, found] = [ids.toSorted(), listed.map(({ job_id }) => job_id).toSorted()];
  if (JSON.stringify(expected) !== JSON.stringify(found))
    return `the list has ${found.length} jobs, not the ${expected.length} that were made`;
  for (const { job_id, state } of listed) {
    const wanted = wireState(model.job(ids.indexOf(job_id)));
    if (state !== wanted) return `the list has ${job_id} as ${state}, not ${wanted}`;
  }
  const expectedCounts = Object.groupBy(model.jobs, wireState);
  for (const state of ['queued', 'running', 'completed', 'failed'] as const) {
    const wanted = expectedCounts[state]?.length ?? 0;
    if (counts[state] !== wanted) return `${counts[state]} are counted as ${state}, not ${wanted}`;
  }
  return '';
}

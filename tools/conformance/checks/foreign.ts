import { randomUUID } from 'node:crypto';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import { operationPath } from '@dtq/generated/rest/operations.ts';
import type { JobState } from '@dtq/generated/schemas/types.ts';
import { same } from '../check.ts';
import type { Kit } from '../kit.ts';
import { topicsOf } from '../kit.ts';
import type { Submittable } from '../settings.ts';
import type { TopicMessage } from '../wires/kafka.ts';

// What another program does: it publishes jobs by itself, and looks for them where the contract says.

/** A job message as another program makes it: without what is optional. */
export function foreignMessage(job: Submittable, jobId: string = randomUUID()): Readonly<Record<string, unknown>> {
  return {
    job_id: jobId,
    job_type: job.job_type,
    submitted_at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    trace_id: randomUUID(),
    payload: job.payload,
  };
}

/** Publishes a message under a key into the topic of the job type that the kit uses; gives where it stands. */
export async function publish(
  kit: Kit,
  key: string,
  value: string,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly partition?: number } = {},
): Promise<{ readonly topic: string; readonly partition: number; readonly offset: string }> {
  const { job: topic } = topicsOf(kit.settings, kit.settings.job.job_type);
  return { topic, ...(await (await kit.kafka()).publish(topic, { key, value, ...more })) };
}

/** Waits for a message in a topic. */
export async function message(
  kit: Kit,
  topic: string,
  what: string,
  matches: (one: TopicMessage) => boolean,
): Promise<TopicMessage> {
  const { seen } = await kit.kafka();
  return kit.until(`${what} stands in ${topic}`, () => seen.find((one) => one.topic === topic && matches(one)));
}

/** The state of a job that another program published, which nobody knows before its message is read. */
export async function endedForeign(kit: Kit, jobId: string): Promise<JobState> {
  return kit.until(`the job ${jobId}, which another program published, has ended`, async () => {
    const answer = await kit.http.call(operationPath('getJobStatus', { job_id: jobId }));
    const { state } = (answer.json ?? {}) as { state?: JobState };
    return answer.status === 200 && state !== undefined && isFinal(state) ? state : null;
  });
}

export async function completedForeign(kit: Kit, jobId: string): Promise<void> {
  same(await endedForeign(kit, jobId), 'completed', `the state of ${jobId}, which another program published`);
}

/** The bytes of a message that is no job, though its id can be read. */
export function poison(jobId: string): string {
  return JSON.stringify({ job_id: jobId, job_type: 'weather', payload: { city: 7 } });
}

/** Publishes a message that is no job, and waits until it stands among the dead letters. */
export async function buried(
  kit: Kit,
  jobId: string,
): Promise<{ readonly stood: { topic: string; partition: number; offset: string }; readonly letter: TopicMessage }> {
  const stood = await publish(kit, jobId, poison(jobId));
  const { dead } = topicsOf(kit.settings, kit.settings.job.job_type);
  const letter = await message(kit, dead, `the message of ${jobId}, which is no job,`, ({ value }) =>
    value.includes(jobId),
  );
  return { stood, letter };
}

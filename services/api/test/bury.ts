import type { EmbeddedBackend } from '@dtq/backend-embedded/backend.ts';
import type { DeadLetterSummary, JobType } from '@dtq/generated/schemas/types.ts';
import { eventually } from '@dtq/testkit/wait.ts';

/**
 * Puts messages into the topic of a type, as any program could, and buries them as a worker does that cannot read them. Gives
 * the dead letters, in the order of the messages. No worker may run.
 */
export async function bury(
  { queue, deadLetters }: EmbeddedBackend,
  jobType: JobType,
  messages: readonly (object | string)[],
): Promise<DeadLetterSummary[]> {
  const before = (await deadLetters.list({ limit: 1000 })).length;
  for (const message of messages) {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    await queue.put(jobType, { key: null, value: new TextEncoder().encode(text), headers: {} });
  }
  const consumer = await queue.consume({
    jobTypes: [jobType],
    concurrency: { [jobType]: 1 },
    deliver: async () => ({ kind: 'bury', reason: 'it cannot be read' }),
  });
  const found = await eventually('all are buried', async () => {
    const letters = await deadLetters.list({ limit: 1000 });
    return letters.length === before + messages.length ? letters : null;
  });
  await consumer.stop(1000);
  const offset = ({ dead_letter_id }: DeadLetterSummary): number => Number(dead_letter_id.split(':').at(-1));
  return found.slice(0, messages.length).toSorted((a, b) => offset(a) - offset(b));
}

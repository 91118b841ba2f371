import type { Redis } from '@dtq/conformance/wires/stores.ts';
import { decodeJobStatus, jobStatusChannel, jobStatusKey } from '@dtq/generated/storage/job-status.ts';

/** A status hash as it stands in Redis. */
export interface Hash {
  readonly fields: Readonly<Record<string, string>>;
  readonly ttlMs: number;
}

/** A change that was told on the job's channel, and the hash as it stood when word of it came. */
export interface Change {
  readonly status: Readonly<Record<string, unknown>>;
  readonly hash: Hash;
}

/** Follows a job in Redis by a bare client: the channel of its changes, and its hash. */
export interface StatusWatch {
  readonly changes: readonly Change[];
  read(): Promise<Hash>;
  end(): Promise<void>;
}

export async function watchStatus(redis: Redis, jobId: string): Promise<StatusWatch> {
  const changes: Change[] = [];
  const read = async (): Promise<Hash> => {
    const key = jobStatusKey(jobId);
    // Both at one moment.
    const [fields, ttlMs] = await redis.multi().hGetAll(key).pTTL(key).exec();
    return { fields: fields as unknown as Record<string, string>, ttlMs: Number(ttlMs) };
  };
  const subscriber = redis.duplicate();
  subscriber.on('error', () => undefined);
  await subscriber.connect();
  await subscriber.subscribe(jobStatusChannel(jobId), (text) => {
    const status = JSON.parse(text) as Record<string, unknown>;
    void read().then(
      (hash) => changes.push({ status, hash }),
      () => undefined,
    );
  });
  return { changes, read, end: async () => subscriber.destroy() };
}

/** A hash in the contract's types. */
export function decoded({ fields }: Hash): Record<string, unknown> {
  return decodeJobStatus(fields);
}

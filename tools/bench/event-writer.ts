import { request } from 'node:http';
import { openDistributedBackend } from '@dtq/backend-distributed/backend.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { StatusChange } from '@dtq/core/ports.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { jobStatusKey } from '@dtq/generated/storage/job-status.ts';
import { connectRedis, readConfig } from './bare/drivers.ts';

// Who writes the statuses that others follow. The message of each says when it was written, finer than `updated_at` does.

export type WriterKind =
  | { readonly kind: 'distributed' | 'bare' }
  | { readonly kind: 'embedded'; readonly door: string };

/** Writes a status; the servers are those of the environment. */
export type Writer = (change: StatusChange) => Promise<void>;

const STEPS = [MILESTONES.started, MILESTONES.calling, MILESTONES.storing];

/** The n-th change of a job, from 0: ever further on, by as many attempts as that takes. */
export function changeOf(job_id: string, number: number): StatusChange {
  const at = performance.timeOrigin + performance.now();
  const rest = { job_id, trace_id: job_id, updated_at: new Date(at).toISOString(), message: String(at) };
  if (number === 0) return { ...rest, attempt: 1, state: 'queued', progress_percent: 0 };
  const { state, progress_percent } = STEPS[(number - 1) % STEPS.length] ?? MILESTONES.started;
  return { ...rest, attempt: 1 + Math.floor((number - 1) / STEPS.length), state, progress_percent };
}

/** When a status was written, in ms since 1970 with what is behind the point; null where its history alone tells of it. */
export function writtenAt({ message }: { readonly message?: unknown }): number | null {
  const at = Number(message);
  return Number.isNaN(at) ? null : at;
}

export async function openWriter(kind: WriterKind): Promise<Writer> {
  if (kind.kind === 'embedded') return (change) => post(kind.door, change);
  const config = readConfig('api');
  if (kind.kind === 'distributed') {
    const { statuses } = await openDistributedBackend({ config, role: 'api', log: silentLogger() });
    return async (change) => {
      if (!(await statuses.advance(change)).applied) throw new Error('a status was not written');
    };
  }
  const redis = await connectRedis(config);
  const ttlSeconds = Math.ceil(config.redis.statusTtlMs / 1000);
  return async (change) => {
    const key = jobStatusKey(change.job_id);
    const fields = Object.entries(change).map(([name, value]) => [name, String(value)] as [string, string]);
    await Promise.all([
      redis.hSet(key, Object.fromEntries(fields)),
      redis.expire(key, ttlSeconds),
      redis.publish(key, JSON.stringify(change)),
    ]);
  };
}

function post(url: string, change: StatusChange): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST' }, (response) => {
      response.resume();
      if (response.statusCode === 204) response.on('end', resolve);
      else reject(new Error(`a status was answered with ${response.statusCode}`));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(change));
  });
}

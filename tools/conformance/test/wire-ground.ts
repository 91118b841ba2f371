import { randomUUID } from 'node:crypto';
import { isFinal } from '@dtq/generated/lifecycle.ts';
import type { JobState } from '@dtq/generated/schemas/types.ts';
import { topicsOf } from '../kit.ts';
import type { Settings } from '../settings.ts';
import type { KafkaWire } from '../wires/kafka.ts';
import type { Mongo, Redis } from '../wires/stores.ts';
import type { DistributedServer } from './distributed-server.ts';
import { bodiesOf, type Mutate, type Mutation } from './mutation.ts';
import type { AmqpBreak, OtherResponder } from './other-responder.ts';
import type { Break, OtherWorker } from './other-worker.ts';

// For promises that a server keeps beside HTTP, a program that breaks them stands on the real servers: an API that publishes
// the wrong message, a worker and a responder by another hand, or one that spoils what ours have written before the kit hears
// that it is there.

/** What the mutations have to work with. */
export interface Ground {
  readonly server: DistributedServer;
  readonly worker: OtherWorker;
  readonly responder: OtherResponder;
  /** Where the other responder answers. */
  readonly queue: string;
  readonly kafka: KafkaWire;
  readonly redis: Redis;
  readonly mongo: Mongo;
}

export interface WireMutation extends Omit<Mutation, 'mutate' | 'settings'> {
  /** Whose jobs are looked at: those that our worker does, or those of the other worker. */
  readonly by: 'ours' | 'the other worker';
  readonly worker?: Break;
  readonly responder?: AmqpBreak;
  readonly mutate?: (ground: Ground) => Mutate;
  readonly settings?: (ground: Ground) => Promise<Partial<Settings>> | Partial<Settings>;
  /** Breaks something for as long as the check is asked; gives what mends it. */
  readonly around?: (ground: Ground) => Promise<() => Promise<unknown>>;
}

/** Where a fact never comes true, nobody waits for it as long as for one that does. */
export const SOON = { patienceMs: 4000 };

interface Published {
  topic: string;
  key: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** An API that accepts a job and publishes something else. */
export function impostor(change: (message: Published) => void): (ground: Ground) => Mutate {
  return ({ kafka, server }) =>
    async (request, next) => {
      if (request.method !== 'POST' || new URL(request.url).pathname !== '/v1/jobs') return next(request);
      const { job_type, payload } = (await request.json()) as { job_type: 'weather'; payload: object };
      const [job_id, trace_id, submitted_at] = [randomUUID(), randomUUID(), new Date().toISOString()];
      const message: Published = {
        topic: topicsOf(server.unread.settings, job_type).job,
        key: job_id,
        headers: { 'content-type': 'application/json', 'schema-version': '1.0' },
        body: { schema_version: '1.0', job_id, job_type, submitted_at, trace_id, payload },
      };
      change(message);
      const { topic, key, headers, body } = message;
      await kafka.publish(topic, { key, headers, value: JSON.stringify(body) });
      const answer = { job_id, trace_id, job_type, state: 'queued', submitted_at, message: 'waiting for a worker' };
      return Response.json(answer, { status: 202, headers: { location: `/v1/jobs/${job_id}/status` } });
    };
}

/** Spoils what stands in a store before the API says that the job has ended, which is when the kit looks. */
export function spoiled(spoil: (jobId: string, ground: Ground) => Promise<unknown>): (ground: Ground) => Mutate {
  return (ground) =>
    bodiesOf(/^GET \/v1\/jobs\/[^/]+\/status$/, async (body) => {
      const { job_id, state } = body as { job_id: string; state?: JobState };
      if (state !== undefined && isFinal(state)) {
        // The hash is written last; what is spoiled before it would be mended by it.
        const key = `job:${job_id}:status`;
        while (!isFinal(((await ground.redis.hGet(key, 'state')) ?? 'completed') as JobState)) await Promise.resolve();
        await spoil(job_id, ground);
      }
      return body;
    });
}

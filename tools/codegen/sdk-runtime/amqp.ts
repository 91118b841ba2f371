import { CHANNELS, CONTENT_TYPES } from '@dtq/generated/messaging/channels.ts';
import type { ProgressReply, ProgressRequest } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client';
import { type Deadline, orAborted, within } from './deadline.ts';
import { InvalidMessageError, UnreachableError } from './errors.ts';
import { idOf } from './jobs.ts';
import type { CallOptions } from './options.ts';
import { checkMessage, readMessage } from './read-message.ts';
import type { JobRef } from './types.ts';

export { DeadlineError, InvalidMessageError, UnreachableError } from './errors.ts';
export type { CallOptions, JobRef, ProgressReply, ProgressRequest };

export interface ProgressOptions {
  /** A connection of rabbitmq-client, with the address and the credentials of the deployment. Yours to close. */
  readonly connection: Connection;
  /** Where the deployment names the queue otherwise (RABBITMQ_PROGRESS_REQUEST_QUEUE). */
  readonly queue?: string | undefined;
  /** How long a question waits for its reply, in milliseconds; 5,000 unless said otherwise. */
  readonly timeoutMs?: number | undefined;
}

export interface ProgressClient {
  /**
   * Asks a worker how far a job is. Its `state` is `not_found` for an id that dtq does not know. Rejects with DeadlineError
   * where no worker replied in time, which says nothing of the job; with UnreachableError where the question could not be
   * sent; with InvalidMessageError for a reply that breaks the contract.
   */
  ask(job: JobRef, options?: CallOptions): Promise<ProgressReply>;
  /** Lets go of its channel. Questions that are open reject. */
  close(): Promise<void>;
}

interface Question {
  readonly jobId: string;
  readonly resolve: (reply: ProgressReply) => void;
  readonly reject: (error: Error) => void;
}

/** RabbitMQ's own way of a reply without a queue: it goes to the channel that asked. */
const REPLY_TO = 'amq.rabbitmq.reply-to';

/** Asks for the progress of jobs past the API, for a team that lives on RabbitMQ. */
export function createProgressClient({ connection, queue, timeoutMs = 5000 }: ProgressOptions): ProgressClient {
  const routingKey = queue ?? CHANNELS.progressRequests.address;
  const open = new Map<string, Question>();
  let desk: Promise<Channel> | null = null;

  const rejectAll = (words: string): void => {
    for (const { reject } of open.values()) reject(new UnreachableError(words));
  };
  const replied = ({ correlationId, body }: AsyncMessage): void => {
    const question = correlationId === undefined ? undefined : open.get(correlationId);
    if (question === undefined) return;
    try {
      const reply = readMessage('a progress reply', textOf(body), tolerant.ProgressReply);
      if (reply.job_id === question.jobId) question.resolve(reply);
      else
        throw new InvalidMessageError('a progress reply', [
          { pointer: '/job_id', message: `must be ${question.jobId}` },
        ]);
    } catch (error) {
      question.reject(error as Error);
    }
  };
  const makeDesk = async (): Promise<Channel> => {
    const channel = await connection.acquire();
    channel.once('close', () => {
      desk = null;
      // A reply goes to the channel that asked, and to no other.
      rejectAll('the connection was lost');
    });
    channel.on('basic.return', ({ correlationId }) => {
      open
        .get(correlationId ?? '')
        ?.reject(new UnreachableError(`there is no queue ${routingKey}: no worker has run yet`));
    });
    await channel.basicConsume({ queue: REPLY_TO, noAck: true }, replied);
    return channel;
  };
  const deskNow = async (deadline: Deadline): Promise<Channel> => {
    desk ??= makeDesk();
    const made = desk;
    try {
      const channel = await orAborted(made, deadline.signal);
      if (channel.active) return channel;
    } catch (error) {
      if (desk === made) desk = null;
      if (deadline.signal.aborted) throw error;
      throw new UnreachableError('there is no channel to ask on', { cause: error });
    }
    if (desk === made) desk = null;
    return deskNow(deadline);
  };

  return {
    ask: (job, options = {}) =>
      within({ signal: options.signal, timeoutMs: options.timeoutMs ?? timeoutMs }, async (deadline) => {
        const request: ProgressRequest = checkMessage(
          'a progress request',
          { job_id: idOf(job), request_id: crypto.randomUUID(), requested_at: new Date().toISOString() },
          strict.ProgressRequest,
        );
        const { request_id: correlationId, job_id: jobId } = request;
        const channel = await deskNow(deadline);
        const leftMs = Math.max(1, Math.round(Math.min(deadline.leftMs, LONGEST_EXPIRATION_MS)));
        const answered = new Promise<ProgressReply>((resolve, reject) => {
          open.set(correlationId, { jobId, resolve, reject });
        });
        // Rejected before anybody waits for it, where the channel breaks while the question is sent.
        answered.catch(() => undefined);
        try {
          const envelope = {
            exchange: '',
            routingKey,
            correlationId,
            replyTo: REPLY_TO,
            contentType: CONTENT_TYPES.ProgressRequest,
            durable: false,
            // A question that nobody took in time is of no use to anybody.
            expiration: String(leftMs),
            mandatory: true,
          };
          await orAborted(channel.basicPublish(envelope, Buffer.from(JSON.stringify(request))), deadline.signal);
          return await orAborted(answered, deadline.signal);
        } finally {
          open.delete(correlationId);
        }
      }),
    close: async () => {
      rejectAll('the client is closed');
      const channel = await desk?.catch(() => null);
      desk = null;
      await channel?.close();
    },
  };
}

/** RabbitMQ takes no longer expiration than 49 days; a day is more than any reply is worth. */
const LONGEST_EXPIRATION_MS = 86_400_000;

/** The driver has parsed a body already whose content type says JSON; written out it meets our own rules. */
function textOf(body: unknown): Uint8Array | string {
  return typeof body === 'string' || body instanceof Uint8Array ? body : (JSON.stringify(body) ?? '');
}

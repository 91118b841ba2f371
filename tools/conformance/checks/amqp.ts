import { randomUUID } from 'node:crypto';
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import type { ProgressReply } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import { type Check, hold, same, valid } from '../check.ts';
import type { Kit } from '../kit.ts';
import type { Reply } from '../wires/amqp.ts';

const question = (job_id: string, request_id: string) => ({
  job_id,
  request_id,
  requested_at: new Date().toISOString(),
});

/** Asks as the contract has it and waits for the reply. */
async function asked(kit: Kit, jobId: string, id: string = randomUUID()): Promise<Reply> {
  const wire = await kit.amqp();
  const properties = { correlationId: id, replyTo: wire.replyQueue };
  await wire.ask(kit.settings.queue, properties, question(jobId, id));
  return reply(kit, id);
}

async function reply(kit: Kit, id: string): Promise<Reply> {
  const { replies } = await kit.amqp();
  return kit.until(`a reply with the correlation id ${id} comes`, () =>
    replies.find(({ correlationId }) => correlationId === id),
  );
}

const bodyOf = ({ body }: Reply): ProgressReply => valid(strict.ProgressReply, body, 'the reply');

/** Asks a good question after a bad one, several times over: whoever answers has met the bad one by then. */
async function stillAnswers(kit: Kit): Promise<void> {
  for (let round = 0; round < 3; round += 1) await asked(kit, randomUUID());
}

export const AMQP_CHECKS: readonly Check[] = [
  {
    id: 'amqp.queue',
    title: 'the queue is durable, and declared with no extra arguments',
    promise: 'The queue is durable, declared with no extra arguments (another program declares it so too).',
    needs: ['amqp'],
    run: async (kit, note) => {
      const { durable } = CHANNELS.progressRequests.queue;
      const refusal = await (await kit.amqp()).declare(kit.settings.queue, { durable });
      hold(
        refusal === null,
        `${kit.settings.queue} must be declared alike by everybody, and the server says: ${refusal}`,
      );
      note(kit.settings.queue);
    },
  },
  {
    id: 'amqp.reply',
    title: 'a question is answered with the state of the job',
    promise: '`content_type=application/json` … `{ "job_id", "state", "progress_percent", "message", "timestamp" }`',
    needs: ['amqp'],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const found = await asked(kit, accepted.job_id);
      same(found.contentType, 'application/json', 'the content_type of the reply');
      const { job_id, state, progress_percent } = bodyOf(found);
      same([job_id, state, progress_percent], [accepted.job_id, 'completed', 100], 'what the reply says');
      note(JSON.stringify(found.body));
    },
  },
  {
    id: 'amqp.correlation',
    title: 'of many questions at once, each reply comes to its own',
    promise: 'the worker echoes `correlation_id`',
    needs: ['amqp'],
    run: async (kit, note) => {
      const { accepted } = await kit.completedJob();
      const ids = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? accepted.job_id : randomUUID()));
      const replies = await Promise.all(ids.map((id) => asked(kit, id)));
      same(
        replies.map((one) => bodyOf(one).job_id),
        ids,
        'the job_ids of the replies, by correlation id',
      );
      note(`${ids.length} questions`);
    },
  },
  {
    id: 'amqp.not-found',
    title: 'a job that nobody knows is not_found',
    promise: 'Reply `state` has a fifth value, `not_found` (progress 0), for an id that neither store knows.',
    needs: ['amqp'],
    run: async (kit) => {
      const { state, progress_percent } = bodyOf(await asked(kit, randomUUID()));
      same([state, progress_percent], ['not_found', 0], 'what the reply says');
    },
  },
  {
    id: 'amqp.direct-reply-to',
    title: 'a reply may go to amq.rabbitmq.reply-to',
    promise: 'The requester owns an exclusive, server-named reply queue (`amq.gen-*`, or `amq.rabbitmq.reply-to`',
    needs: ['amqp'],
    run: async (kit) => {
      const id = randomUUID();
      await (await kit.amqp()).askDirectly(kit.settings.queue, id, question(randomUUID(), id));
      bodyOf(await reply(kit, id));
    },
  },
  {
    id: 'amqp.no-correlation-id',
    title: 'a question without a correlation_id is dropped',
    promise: 'A request without either property, or with a body that does not validate, is dropped',
    needs: ['amqp'],
    run: async (kit) => {
      const wire = await kit.amqp();
      const jobId = randomUUID();
      await wire.ask(kit.settings.queue, { replyTo: wire.replyQueue }, question(jobId, 'no correlation id'));
      await stillAnswers(kit);
      const answered = wire.replies.filter(({ body }) => (body as { job_id?: string } | null)?.job_id === jobId);
      same(answered.length, 0, 'the number of replies to a question without a correlation_id');
    },
  },
  {
    id: 'amqp.no-reply-to',
    title: 'a question without a reply_to is dropped and does no harm',
    promise: 'it never crashes or blocks the responder.',
    needs: ['amqp'],
    run: async (kit) => {
      const wire = await kit.amqp();
      await wire.ask(kit.settings.queue, { correlationId: 'no reply_to' }, question(randomUUID(), 'no reply_to'));
      await stillAnswers(kit);
    },
  },
  {
    id: 'amqp.foreign-reply-to',
    title: 'nothing is written into a queue that is not the requester’s own',
    promise: 'any other `reply_to` is dropped',
    needs: ['amqp'],
    run: async (kit) => {
      const wire = await kit.amqp();
      const victim = `dtq-conformance-${randomUUID()}`;
      const messagesIn = await wire.victim(victim);
      const id = randomUUID();
      await wire.ask(kit.settings.queue, { correlationId: id, replyTo: victim }, question(randomUUID(), id));
      await stillAnswers(kit);
      same(await messagesIn(), 0, 'the number of messages in a foreign queue that reply_to named');
    },
  },
  {
    id: 'amqp.invalid-body',
    title: 'a question whose body does not validate is dropped',
    promise: 'A request without either property, or with a body that does not validate, is dropped',
    needs: ['amqp'],
    run: async (kit) => {
      const wire = await kit.amqp();
      const id = randomUUID();
      await wire.ask(
        kit.settings.queue,
        { correlationId: id, replyTo: wire.replyQueue },
        { job_id: 7, request_id: id },
      );
      await stillAnswers(kit);
      const answered = wire.replies.filter(({ correlationId }) => correlationId === id);
      same(answered.length, 0, 'the number of replies to a question that does not validate');
    },
  },
  {
    id: 'amqp.garbage-never-blocks',
    title: 'garbage never blocks the questions behind it',
    promise: 'it never crashes or blocks the responder.',
    needs: ['amqp'],
    run: async (kit) => {
      const wire = await kit.amqp();
      const properties = { correlationId: 'garbage', replyTo: wire.replyQueue };
      for (const garbage of ['{', '', '{"__proto__":{},"job_id":1}', 'x'.repeat(200_000)])
        await wire.ask(kit.settings.queue, properties, Buffer.from(garbage));
      await stillAnswers(kit);
      same(wire.replies.filter(({ correlationId }) => correlationId === 'garbage').length, 0, 'the replies to garbage');
    },
  },
];

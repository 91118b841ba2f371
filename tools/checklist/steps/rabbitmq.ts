import { randomUUID } from 'node:crypto';
import { hold, same, valid } from '@dtq/conformance/check.ts';
import { MILESTONES } from '@dtq/generated/lifecycle.ts';
import { CONTENT_TYPES } from '@dtq/generated/messaging/channels.ts';
import type { ProgressReply } from '@dtq/generated/schemas/types.ts';
import * as strict from '@dtq/generated/validators/strict.ts';
import type { Step } from '../checklist.ts';
import { AUSTIN, type Ground } from '../ground.ts';

/** Reply queues that the server names (asyncapi.yaml). */
const REPLY_TO = /^amq\.(?:gen-|rabbitmq\.reply-to)/;

const questionOf =
  (job_id: string) =>
  (request_id: string): object => ({ job_id, request_id, requested_at: new Date().toISOString() });

/** No worker runs yet: a bare client takes the API's question in its place, and is the one who answers. */
export const whatTheApiAsks: Step<Ground> = {
  id: 'question',
  title: "RabbitMQ: the API's question on the wire, answered by a bare client",
  needs: ['api'],
  run: async (ground, notes) => {
    const { amqp, queue } = ground.parts.space;
    const { job_id } = await ground.job();
    const asking = ground.api.client.getJobStatus({ params: { path: { job_id } } });
    asking.catch(() => undefined);
    const question = await ground.until(`a question stands in ${queue}`, () => amqp.take(queue));
    notes.show('the question', question);
    same(question.content_type, CONTENT_TYPES.ProgressRequest, 'its content type');
    const request = valid(strict.ProgressRequest, question.body, 'its body');
    same(request.job_id, job_id, 'the job that it asks for');
    same(question.correlation_id, request.request_id, 'its correlation_id, which is the request_id');
    hold(
      REPLY_TO.test(question.reply_to ?? ''),
      `reply_to must be a queue that the server named: ${question.reply_to}`,
    );

    const reply: ProgressReply = {
      job_id,
      state: MILESTONES.queued.state,
      progress_percent: MILESTONES.queued.progress_percent,
      message: 'said by a bare client',
      timestamp: new Date().toISOString(),
    };
    // Another one's correlation id first: whoever is asked must not take it for the answer.
    await amqp.reply(question, randomUUID(), { ...reply, message: "another question's answer" });
    await amqp.reply(question, question.correlation_id, reply);
    const { data, response } = await asking;
    notes.show(`GET /v1/jobs/${job_id}/status answered ${response.status}`, data);
    same(response.status, 200, 'the status of the answer');
    same(data, reply, 'the answer, which is the reply with the right correlation id');
    return `correlation_id ${question.correlation_id} = request_id, reply_to ${question.reply_to}; the API took the reply with that id, and dropped the other`;
  },
};

export const whatTheWorkerAnswers: Step<Ground> = {
  id: 'reply',
  title: "RabbitMQ: a bare client's question, and the worker's reply",
  needs: ['end'],
  run: async (ground, notes) => {
    const { provider, space, patienceMs } = ground.parts;
    const { amqp, queue } = space;
    provider.hold();
    try {
      const { job_id } = await ground.submit(AUSTIN);
      await ground.reached(job_id, MILESTONES.calling.progress_percent);
      const [question, reply] = await amqp.ask(queue, questionOf(job_id), patienceMs);
      notes.show('the question', question);
      notes.show('the reply', reply);
      same(reply.correlation_id, question.correlation_id, 'the correlation_id of the reply');
      same(reply.content_type, CONTENT_TYPES.ProgressReply, 'the content type of the reply');
      const { state, progress_percent, ...rest } = valid(strict.ProgressReply, reply.body, 'the body of the reply');
      const { calling } = MILESTONES;
      same(
        { state, progress_percent },
        { state: calling.state, progress_percent: calling.progress_percent },
        'the reply',
      );
      same(rest.job_id, job_id, 'the job of the reply');

      const stranger = randomUUID();
      const [, unknown] = await amqp.ask(queue, questionOf(stranger), patienceMs);
      notes.show('the reply for an id that nobody knows', unknown.body);
      same(valid(strict.ProgressReply, unknown.body, 'that reply').state, 'not_found', 'its state');
      provider.release();
      await ground.ended(job_id);
      return `correlation_id ${reply.correlation_id} came back with ${state}, ${progress_percent} %`;
    } finally {
      provider.release();
    }
  },
};

import type { JsonObject } from '../../../codegen/specs.ts';
import { add, at, type Change, change, channel, drop, property, remove } from './change.ts';

const JOBS = '{job_type}Jobs';
const settings = (topic: JsonObject): JsonObject => at(topic, 'bindings', 'kafka', 'topicConfiguration');

const TOPICS: readonly Change[] = [
  change('a new topic', (specs) => {
    const copy = structuredClone(channel(specs, JOBS));
    copy['address'] = 'jobs.{job_type}.v1.bulk';
    at(specs.asyncapi, 'channels')['{job_type}BulkJobs'] = copy;
  }),
  change(
    'a topic has another name',
    (specs) => {
      channel(specs, JOBS)['address'] = 'jobs.{job_type}.v2';
    },
    ['topic-removed'],
  ),
  change('a channel has another name, and its topic the same', (specs) => {
    const all = at(specs.asyncapi, 'channels');
    all['{job_type}Graves'] = channel(specs, '{job_type}DeadLetters');
    remove(all, '{job_type}DeadLetters');
    const bury = at(specs.asyncapi, 'operations', 'bury{JobType}Message');
    bury['channel'] = { $ref: '#/channels/{job_type}Graves' };
    bury['messages'] = [{ $ref: '#/channels/{job_type}Graves/messages/DeadLetter' }];
  }),
  change(
    'a topic has fewer partitions',
    (specs) => {
      at(channel(specs, JOBS), 'bindings', 'kafka')['partitions'] = 3;
    },
    ['partitions-fewer'],
  ),
  change(
    'a topic has more partitions',
    (specs) => {
      at(channel(specs, JOBS), 'bindings', 'kafka')['partitions'] = 12;
    },
    [],
    { notices: ['partitions-more'] },
  ),
  change(
    'messages are kept for a shorter time',
    (specs) => {
      settings(channel(specs, JOBS))['retention.ms'] = 86_400_000;
    },
    ['retention-shorter'],
  ),
  change('messages are kept for a longer time', (specs) => {
    settings(channel(specs, JOBS))['retention.ms'] = -1;
  }),
  change(
    'messages are kept by another rule',
    (specs) => {
      settings(channel(specs, JOBS))['cleanup.policy'] = ['compact'];
    },
    ['cleanup-changed'],
  ),
  change(
    'a setting of a topic is another, which takes no message away',
    (specs) => {
      settings(channel(specs, JOBS))['min.insync.replicas'] = 1;
    },
    [],
    { notices: ['topic-setting-changed'] },
  ),
  change(
    'messages have another media type',
    (specs) => {
      at(specs.asyncapi, 'components', 'messages', '{JobType}JobMessage')['contentType'] = 'application/avro';
    },
    ['content-type-changed'],
  ),
  change(
    'dead letters are JSON now',
    (specs) => {
      at(specs.asyncapi, 'components', 'messages', 'DeadLetter')['payload'] = { $ref: 'schemas/DeadLetter.json' };
    },
    ['payload-kind-changed'],
  ),
  change(
    'nobody reads a topic any more',
    (specs) => remove(at(specs.asyncapi, 'operations'), 'process{JobType}LowJob'),
    ['role-removed'],
  ),
  change('a new optional header', (specs) => {
    at(specs.schemas, 'JobMessageHeaders', 'properties')['dtq-tenant'] = { type: 'string', maxLength: 60 };
  }),
  change(
    'a new required header',
    (specs) => {
      at(specs.schemas, 'JobMessageHeaders', 'properties')['dtq-tenant'] = { type: 'string', maxLength: 60 };
      at(specs.schemas, 'JobMessageHeaders')['required'] = ['dtq-tenant'];
    },
    ['old-message'],
  ),
  change(
    'a header has another name',
    (specs) => {
      const headers = at(specs.schemas, 'DeadLetterHeaders');
      at(headers, 'properties')['dtq-why'] = at(headers, 'properties', 'dtq-reason');
      remove(at(headers, 'properties'), 'dtq-reason');
      drop(at(headers, 'required'), 'dtq-reason');
      add(at(headers, 'required'), 'dtq-why');
    },
    ['old-message', 'new-message'],
  ),
  change(
    'a header has another fixed value',
    (specs) => {
      property(specs, 'JobMessageHeaders', 'schema-version')['const'] = '1.1';
    },
    ['old-message', 'new-message'],
  ),
  change('a new optional field of a message', (specs) => {
    at(specs.schemas, 'JobMessage', 'properties')['tenant'] = { type: 'string', maxLength: 60 };
  }),
  change(
    'a new required field of a message',
    (specs) => {
      at(specs.schemas, 'JobMessage', 'properties')['tenant'] = { type: 'string', maxLength: 60 };
      add(at(specs.schemas, 'JobMessage', 'required'), 'tenant');
    },
    ['old-message', 'old-stored'],
  ),
  change(
    'a required field of a message may be missing',
    (specs) => drop(at(specs.schemas, 'JobMessage', 'required'), 'trace_id'),
    ['new-message', 'new-stored'],
  ),
  change(
    'a field of a message has another type',
    (specs) => {
      at(specs.schemas, 'JobMessage', 'properties')['submitted_at'] = { type: 'integer', minimum: 0 };
    },
    ['old-message', 'new-message', 'old-stored', 'new-stored'],
  ),
  change(
    'messages say another version in their body',
    (specs) => {
      at(specs.schemas, 'SchemaVersion')['const'] = '2.0';
    },
    ['answer', 'old-message', 'new-message', 'old-stored', 'new-stored'],
  ),
  change(
    'a field may have another form: times in any zone',
    (specs) => remove(at(specs.schemas, 'Timestamp'), 'pattern'),
    ['answer', 'new-message', 'new-stored'],
  ),
  change(
    'a field must have one more form: times in milliseconds',
    (specs) => {
      at(specs.schemas, 'Timestamp')['pattern'] = '\\.[0-9]{3}Z$';
    },
    ['request', 'old-message', 'old-stored'],
  ),
  change('a field must have no format any more', (specs) => remove(at(specs.schemas, 'Timestamp'), 'format'), [
    'answer',
    'new-message',
    'new-stored',
  ]),
];

const QUEUES: readonly Change[] = [
  change(
    'a queue is declared otherwise: not durable',
    (specs) => {
      at(channel(specs, 'progressRequests'), 'bindings', 'amqp', 'queue')['durable'] = false;
    },
    ['queue-declaration-changed'],
  ),
  change(
    'a queue is declared with an argument',
    (specs) => {
      at(channel(specs, 'progressRequests'), 'bindings', 'amqp', 'queue')['arguments'] = { 'x-message-ttl': 5000 };
    },
    ['queue-declaration-changed'],
  ),
  change(
    'a queue has another name',
    (specs) => {
      channel(specs, 'progressRequests')['address'] = 'progress.check.request.v2';
    },
    ['topic-removed'],
  ),
  change(
    'the correlation id stands in the body',
    (specs) => {
      at(specs.asyncapi, 'components', 'messages', 'ProgressReply', 'correlationId')['location'] =
        '$message.payload#/request_id';
    },
    ['correlation-changed'],
  ),
  change(
    'replies go elsewhere',
    (specs) => {
      for (const id of ['askProgress', 'answerProgress'])
        at(specs.asyncapi, 'operations', id, 'reply', 'address')['location'] = '$message.payload#/reply_to';
    },
    ['reply-changed'],
  ),
  change('a new optional field of a question and of a reply', (specs) => {
    at(specs.schemas, 'ProgressRequest', 'properties')['wait_ms'] = { type: 'integer' };
    at(specs.schemas, 'ProgressReply', 'properties')['attempt'] = { type: 'integer' };
  }),
  change(
    'a new required field of a question',
    (specs) => {
      at(specs.schemas, 'ProgressRequest', 'properties')['wait_ms'] = { type: 'integer' };
      add(at(specs.schemas, 'ProgressRequest', 'required'), 'wait_ms');
    },
    ['old-message'],
  ),
  change(
    'a field of a question may be longer',
    (specs) => {
      property(specs, 'ProgressRequest', 'request_id')['maxLength'] = 200;
    },
    ['new-message'],
  ),
  change(
    'a field of a question may be shorter only',
    (specs) => {
      property(specs, 'ProgressRequest', 'request_id')['maxLength'] = 36;
    },
    ['old-message'],
  ),
  change(
    'a field of a question has a format now',
    (specs) => {
      property(specs, 'ProgressRequest', 'request_id')['format'] = 'uuid';
    },
    ['old-message'],
  ),
  change('a reply has a state more', (specs) => add(at(specs.schemas, 'ProgressState', 'x-dtq-enum-also'), 'lost'), [
    'new-message',
  ]),
  change(
    'a reply has a state less',
    (specs) => drop(at(specs.schemas, 'ProgressState', 'x-dtq-enum-also'), 'not_found'),
    ['old-message'],
  ),
];

export const MESSAGING: readonly Change[] = [...TOPICS, ...QUEUES];

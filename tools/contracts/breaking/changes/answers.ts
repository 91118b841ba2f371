import type { JsonObject } from '../../../codegen/specs.ts';
import { add, at, become, type Change, change, drop, operation, property, remove } from './change.ts';

const JSON_OF = (name: string): JsonObject => ({ 'application/json': { schema: { $ref: `schemas/${name}.json` } } });

/** What is answered. */
export const ANSWERS: readonly Change[] = [
  change('a new optional field of an answer', (specs) => {
    at(specs.schemas, 'JobAccepted', 'properties')['position'] = { type: 'integer', minimum: 0 };
  }),
  change('a new required field of an answer', (specs) => {
    at(specs.schemas, 'JobPosition', 'properties')['behind'] = { type: 'integer', minimum: 0 };
    add(at(specs.schemas, 'JobPosition', 'required'), 'behind');
  }),
  change(
    'a required field of an answer may be missing',
    (specs) => drop(at(specs.schemas, 'JobAccepted', 'required'), 'message'),
    ['answer', 'new-stored'],
  ),
  change(
    'a required field of an answer is gone',
    (specs) => {
      remove(at(specs.schemas, 'JobPosition', 'properties'), 'estimated_wait_ms');
      drop(at(specs.schemas, 'JobPosition', 'required'), 'estimated_wait_ms');
    },
    ['answer'],
  ),
  change('an optional field of an answer is gone', (specs) =>
    remove(at(specs.schemas, 'JobSummary', 'properties'), 'trace_id'),
  ),
  change(
    'an answer may be null where it could not',
    (specs) => become(property(specs, 'Health', 'time'), { anyOf: [{ $ref: 'Timestamp.json' }, { type: 'null' }] }),
    ['answer'],
  ),
  change('an answer is never null where it could be', (specs) =>
    become(property(specs, 'JobPosition', 'ahead'), { type: 'integer', minimum: 0, maximum: 1000 }),
  ),
  change(
    'a closed enum of an answer has one member more',
    (specs) => add(at(property(specs, 'Readiness', 'status'), 'enum'), 'draining'),
    ['answer'],
  ),
  change('a closed enum of an answer has one member less', (specs) =>
    drop(at(property(specs, 'Readiness', 'status'), 'enum'), 'not_ready'),
  ),
  change(
    'an open enum of an answer has one member more',
    (specs) => add(at(property(specs, 'Readiness', 'status'), 'anyOf', 0, 'enum'), 'draining'),
    [],
    {
      before: (specs) =>
        become(property(specs, 'Readiness', 'status'), {
          anyOf: [{ type: 'string', enum: ['ready', 'not_ready'] }, { type: 'string' }],
        }),
    },
  ),
  change(
    'a closed enum of an answer is declared open',
    (specs) =>
      become(property(specs, 'Readiness', 'status'), {
        anyOf: [{ type: 'string', enum: ['ready', 'not_ready'] }, { type: 'string' }],
      }),
    ['answer'],
  ),
  change(
    'a text of an answer may be longer',
    (specs) => {
      property(specs, 'DeadLetterSummary', 'reason')['maxLength'] = 2000;
    },
    ['answer'],
  ),
  change(
    'a number of an answer may be larger',
    (specs) => {
      at(specs.schemas, 'ProgressPercent')['maximum'] = 200;
    },
    ['answer', 'new-message', 'new-stored'],
  ),
  change('a number of an answer may be smaller only', (specs) => {
    property(specs, 'ReplayReport', 'matched')['maximum'] = 500;
  }),
  change(
    'an integer of an answer may have a fraction',
    (specs) => {
      property(specs, 'PartReport', 'ms')['type'] = 'number';
    },
    ['answer'],
  ),
  change(
    'a list of an answer may be longer',
    (specs) => {
      property(specs, 'JobList', 'jobs')['maxItems'] = 500;
    },
    ['answer'],
  ),
  change(
    'a list of an answer has items of another kind',
    (specs) =>
      become(at(property(specs, 'WorkerReport', 'job_types'), 'items'), {
        type: 'object',
        properties: { name: { type: 'string' } },
      }),
    ['answer', 'old-stored', 'new-stored'],
  ),
  change(
    'a map of an answer has values of another kind',
    (specs) => become(at(property(specs, 'DeadLetter', 'headers'), 'additionalProperties'), { type: 'integer' }),
    ['answer', 'old-stored', 'new-stored'],
  ),
  change(
    'an event of a new kind comes in a stream',
    (specs) => {
      specs.schemas['JobNoteEvent'] = {
        title: 'JobNoteEvent',
        type: 'object',
        additionalProperties: false,
        required: ['event', 'data'],
        properties: { event: { const: 'note' }, data: { type: 'object' } },
      };
      add(at(specs.schemas, 'JobEvent', 'oneOf'), { $ref: 'JobNoteEvent.json' });
    },
    ['answer'],
  ),
  change(
    'a union by a field has one branch less',
    (specs) => void at<never[]>(specs.schemas, 'JobVerdict', 'anyOf').pop(),
  ),
  change(
    'another success status',
    (specs) => {
      const answers = at(operation(specs, '/v1/replays', 'post'), 'responses');
      answers['201'] = at(answers, '202');
    },
    ['success-status-added'],
  ),
  change(
    'a success status has become another',
    (specs) => {
      const answers = at(operation(specs, '/v1/jobs', 'post'), 'responses');
      answers['200'] = at(answers, '202');
      remove(answers, '202');
    },
    ['success-status-added'],
  ),
  change(
    'another failure status',
    (specs) => {
      at(operation(specs, '/v1/jobs', 'get'), 'responses')['429'] = {
        description: 'Too many.',
        content: { 'application/problem+json': { schema: { $ref: 'schemas/Problem.json' } } },
      };
    },
    [],
    { notices: ['failure-status-added'] },
  ),
  change('a failure status less', (specs) => remove(at(operation(specs, '/v1/jobs', 'get'), 'responses'), '503')),
  change(
    'a new code of a problem, with a status that is answered',
    (specs) => {
      at(specs.errors, 'problems')['too_busy'] = { status: 503, title: 'Too busy', cause: 'x', cure: 'y' };
    },
    ['answer'],
  ),
  change(
    'a new code of a problem, with a status of its own: any code may stand in the verdicts of a batch',
    (specs) => {
      at(specs.errors, 'problems')['gone_for_good'] = { status: 410, title: 'Gone', cause: 'x', cure: 'y' };
    },
    ['answer'],
  ),
  change('a code of a problem is gone', (specs) => remove(at(specs.errors, 'problems'), 'too_many_clients'), [], {
    notices: ['problem-removed'],
  }),
  change(
    'a code of a problem has another status',
    (specs) => {
      at(specs.errors, 'problems', 'not_accepted')['status'] = 500;
    },
    ['problem-status-changed'],
  ),
  change(
    'a header of an answer is gone',
    (specs) => remove(at(operation(specs, '/v1/jobs', 'post'), 'responses', '202'), 'headers'),
    ['answer-header-removed'],
  ),
  change(
    'a header of an answer may be missing',
    (specs) => {
      at(specs.openapi, 'components', 'headers', 'RetryAfter')['required'] = false;
    },
    ['answer-header-removed'],
  ),
  change('a header of an answer is new', (specs) => {
    at(operation(specs, '/v1/jobs', 'post'), 'responses', '202', 'headers')['ETag'] = { schema: { type: 'string' } };
  }),
  change(
    'a header of an answer may be something else',
    (specs) => {
      at(specs.openapi, 'components', 'headers', 'RetryAfter', 'schema')['maximum'] = 86_400;
    },
    ['answer'],
  ),
  change(
    'an answer may come as another media type',
    (specs) => {
      at(operation(specs, '/v1/system', 'get'), 'responses', '200', 'content')['text/html'] = {
        schema: { type: 'string' },
      };
    },
    ['media-type-added'],
  ),
  change(
    'an answer comes as another media type',
    (specs) => {
      at(operation(specs, '/v1/system', 'get'), 'responses', '200')['content'] = {
        'application/vnd.dtq+json': { schema: { $ref: 'schemas/SystemReport.json' } },
      };
    },
    ['media-type-added', 'media-type-removed'],
  ),
  change(
    'an answer has no body any more',
    (specs) => remove(at(operation(specs, '/v1/jobs/{job_id}/cancel', 'post'), 'responses', '202'), 'content'),
    ['answer-body-added'],
  ),
  change(
    'an answer has a body of its own where it had none',
    (specs) => {
      at(operation(specs, '/v1/jobs/{job_id}/events', 'get'), 'responses', '204')['content'] = JSON_OF('Liveness');
    },
    ['answer-body-added'],
  ),
];

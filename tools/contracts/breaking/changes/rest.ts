import type { JsonObject } from '../../../codegen/specs.ts';
import { add, at, become, type Change, change, drop, operation, payload, property, remove } from './change.ts';

const OLD_PAYLOAD = ['request', 'old-message', 'old-stored'] as const;
const NEW_PAYLOAD = ['answer', 'new-message', 'new-stored'] as const;
const JSON_OF = (name: string): JsonObject => ({ 'application/json': { schema: { $ref: `schemas/${name}.json` } } });

/** What is asked: a payload goes on from the request into messages and documents. */
const REQUESTS: readonly Change[] = [
  change('a new optional field of a payload', (specs) => {
    at(specs.jobs, 'weather', 'payload', 'properties')['language'] = { type: 'string', minLength: 2, maxLength: 2 };
  }),
  change(
    'a new required field of a payload',
    (specs) => {
      at(specs.jobs, 'weather', 'payload', 'properties')['language'] = { type: 'string', minLength: 2, maxLength: 2 };
      add(at(specs.jobs, 'weather', 'payload', 'required'), 'language');
    },
    OLD_PAYLOAD,
  ),
  change(
    'an optional field of a payload is required',
    (specs) => add(at(specs.jobs, 'weather', 'payload', 'required'), 'country_code'),
    OLD_PAYLOAD,
  ),
  change(
    'a required field of a payload is optional',
    (specs) => drop(at(specs.jobs, 'weather', 'payload', 'required'), 'city'),
    NEW_PAYLOAD,
  ),
  change(
    'an optional field of a payload is gone',
    (specs) => remove(at(specs.jobs, 'weather', 'payload', 'properties'), 'country_code'),
    ['request'],
  ),
  change(
    'an optional field of a payload has another name',
    (specs) => {
      const properties = at(specs.jobs, 'weather', 'payload', 'properties');
      properties['country'] = payload(specs, 'country_code');
      remove(properties, 'country_code');
    },
    ['request'],
  ),
  change(
    'an enum of a payload has one member more',
    (specs) => add(at(payload(specs, 'units'), 'enum'), 'kelvin'),
    NEW_PAYLOAD,
  ),
  change(
    'an enum of a payload has one member less',
    (specs) => drop(at(payload(specs, 'units'), 'enum'), 'imperial'),
    OLD_PAYLOAD,
  ),
  change('an enum of a payload is any text', (specs) => remove(payload(specs, 'units'), 'enum'), NEW_PAYLOAD),
  change(
    'a text of a payload may be shorter only',
    (specs) => {
      payload(specs, 'city')['maxLength'] = 50;
    },
    OLD_PAYLOAD,
  ),
  change(
    'a text of a payload may be longer',
    (specs) => {
      payload(specs, 'city')['maxLength'] = 200;
    },
    NEW_PAYLOAD,
  ),
  change(
    'a text of a payload must be longer',
    (specs) => {
      payload(specs, 'city')['minLength'] = 3;
    },
    OLD_PAYLOAD,
  ),
  change(
    'a pattern of a payload takes less',
    (specs) => {
      payload(specs, 'country_code')['pattern'] = '^[A-Z]{2}$';
    },
    OLD_PAYLOAD,
  ),
  change(
    'a pattern of a payload takes more',
    (specs) => {
      payload(specs, 'country_code')['pattern'] = '^[A-Za-z0-9]{2}$';
    },
    NEW_PAYLOAD,
  ),
  change(
    'a pattern of a payload takes some more and some less',
    (specs) => {
      payload(specs, 'country_code')['pattern'] = '^[A-Z0-9]{2}$';
    },
    [...OLD_PAYLOAD, ...NEW_PAYLOAD],
  ),
  change(
    'a pattern is new',
    (specs) => {
      property(specs, 'ReplayFilter', 'error_code')['pattern'] = '^[a-z_]+$';
    },
    ['request'],
  ),
  change(
    'a pattern with look-ahead, which nobody decides, takes the same',
    (specs) => {
      at(specs.schemas, 'SubmitKey')['pattern'] = '^(?=[!-~])[!-~]{1,255}$';
    },
    ['request'],
    { undecided: true },
  ),
  change('a text of a payload is a number', (specs) => become(payload(specs, 'city'), { type: 'number' }), [
    ...OLD_PAYLOAD,
    ...NEW_PAYLOAD,
  ]),
  change('a parameter takes more', (specs) => {
    at(specs.schemas, 'PageLimit')['maximum'] = 500;
    at(specs.schemas, 'Wait')['pattern'] = '^(?:[1-9][0-9]{0,3}ms|(?:[1-9]|[1-9][0-9])s|[12]m)$';
  }),
  change(
    'a parameter takes less: a maximum',
    (specs) => {
      at(specs.schemas, 'PageLimit')['maximum'] = 100;
    },
    ['request'],
  ),
  change(
    'a parameter takes less: a pattern',
    (specs) => {
      at(specs.schemas, 'Wait')['pattern'] = '^(?:[1-9][0-9]{0,3}ms|(?:[1-9]|[1-5][0-9]|60)s)$';
    },
    ['request'],
  ),
  change(
    'a parameter takes only multiples',
    (specs) => {
      at(specs.schemas, 'PageLimit')['multipleOf'] = 10;
    },
    ['request'],
  ),
  change('a parameter that was a number is any text', (specs) =>
    become(at(specs.schemas, 'PageLimit'), { title: 'PageLimit', type: 'string', maxLength: 20 }),
  ),
  change(
    'a parameter that was text is a number',
    (specs) => become(at(specs.schemas, 'Cursor'), { title: 'Cursor', type: 'integer', minimum: 0 }),
    ['request', 'answer'],
  ),
  change('a new optional parameter', (specs) =>
    add(at(operation(specs, '/v1/jobs', 'get'), 'parameters'), {
      name: 'worker',
      in: 'query',
      schema: { type: 'string' },
    }),
  ),
  change(
    'a new required parameter',
    (specs) =>
      add(at(operation(specs, '/v1/jobs', 'get'), 'parameters'), {
        name: 'worker',
        in: 'query',
        required: true,
        schema: { type: 'string' },
      }),
    ['parameter-required'],
  ),
  change(
    'an optional parameter is required',
    (specs) => {
      at(operation(specs, '/v1/failures', 'get'), 'parameters', 0)['required'] = true;
    },
    ['parameter-required'],
  ),
  change(
    'a parameter is gone',
    (specs) => void at<never[]>(operation(specs, '/v1/failures', 'get'), 'parameters').pop(),
    ['parameter-removed'],
  ),
  change(
    'a request header is gone',
    (specs) => {
      operation(specs, '/v1/replays', 'post')['parameters'] = [];
    },
    ['parameter-removed'],
  ),
  change('a request header is written in other letters', (specs) => {
    at(specs.openapi, 'components', 'parameters', 'IdempotencyKey')['name'] = 'idempotency-key';
  }),
  change(
    'a body that was optional is required',
    (specs) => {
      at(operation(specs, '/v1/dead-letters/{dead_letter_id}/replay', 'post'), 'requestBody')['required'] = true;
    },
    ['body-required'],
  ),
  change('a body that was required is optional', (specs) => {
    at(operation(specs, '/v1/replays', 'post'), 'requestBody')['required'] = false;
  }),
  change('a request may have one more media type', (specs) => {
    at(operation(specs, '/v1/replays', 'post'), 'requestBody', 'content')['application/cbor'] = {
      schema: { type: 'object' },
    };
  }),
  change(
    'a request must have another media type',
    (specs) => {
      const body = at(operation(specs, '/v1/replays', 'post'), 'requestBody');
      body['content'] = { 'application/cbor': at(body, 'content', 'application/json') };
    },
    ['request-media-type-removed'],
  ),
  change('a list in a request may be longer', (specs) => {
    property(specs, 'SubmitJobsRequest', 'jobs')['maxItems'] = 5000;
  }),
  change(
    'a list in a request may be shorter only',
    (specs) => {
      property(specs, 'SubmitJobsRequest', 'jobs')['maxItems'] = 100;
    },
    ['request'],
  ),
  change(
    'a list in a request must have more',
    (specs) => {
      property(specs, 'ReplayFilter', 'job_ids')['minItems'] = 2;
    },
    ['request'],
  ),
  change(
    'a list in a request takes nothing twice',
    (specs) => {
      property(specs, 'ReplayFilter', 'job_ids')['uniqueItems'] = true;
    },
    ['request'],
  ),
  change(
    'a request needs one of its optional fields',
    (specs) => {
      at(specs.schemas, 'ReplayFilter')['minProperties'] = 1;
    },
    ['request'],
  ),
  change('a request takes fields that it does not know', (specs) =>
    remove(at(specs.schemas, 'ReplayFilter'), 'additionalProperties'),
  ),
  change(
    'a request no longer takes fields that it does not know',
    (specs) => {
      property(specs, 'ReplayDeadLetterRequest', 'payload')['additionalProperties'] = false;
    },
    ['request'],
  ),
  change('a new optional field of a request alone', (specs) => {
    at(specs.schemas, 'ReplayFilter', 'properties')['worker'] = { type: 'string', maxLength: 60 };
  }),
  change(
    'a range of a request has a gap',
    (specs) =>
      become(property(specs, 'ReplayJobsRequest', 'limit'), {
        type: 'integer',
        anyOf: [
          { minimum: 1, maximum: 10 },
          { minimum: 12, maximum: 1000 },
        ],
      }),
    ['request'],
  ),
];

/** What is answered. */
const ANSWERS: readonly Change[] = [
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

/** Operations and their names. */
const OPERATIONS: readonly Change[] = [
  change('a new operation', (specs) => {
    at(specs.openapi, 'paths')['/v1/workers'] = {
      get: {
        operationId: 'listWorkers',
        responses: { 200: { description: 'All.', content: JSON_OF('SystemReport') } },
      },
    };
  }),
  change('an operation is gone', (specs) => remove(at(specs.openapi, 'paths'), '/v1/failures'), ['operation-removed']),
  change(
    'an operation is gone that was deprecated',
    (specs) => remove(at(specs.openapi, 'paths'), '/v1/failures'),
    [],
    {
      before: (specs) => {
        operation(specs, '/v1/failures', 'get')['deprecated'] = true;
      },
      notices: ['operation-retired'],
    },
  ),
  change(
    'an operation has another path',
    (specs) => {
      const paths = at(specs.openapi, 'paths');
      paths['/v2/failures'] = at(paths, '/v1/failures');
      remove(paths, '/v1/failures');
    },
    ['operation-removed'],
  ),
  change(
    'an operation has another method',
    (specs) => {
      const path = at(specs.openapi, 'paths', '/v1/jobs/{job_id}/cancel');
      path['put'] = at(path, 'post');
      remove(path, 'post');
    },
    ['operation-removed'],
  ),
  change(
    'an operation has another operationId',
    (specs) => {
      operation(specs, '/v1/failures', 'get')['operationId'] = 'getFailures';
    },
    ['operation-renamed'],
  ),
  change(
    'an operation demands credentials',
    (specs) => {
      operation(specs, '/v1/jobs', 'post')['security'] = [{ key: [] }];
    },
    ['security-added'],
  ),
];

export const REST: readonly Change[] = [...REQUESTS, ...ANSWERS, ...OPERATIONS];

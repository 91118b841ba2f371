import { add, at, become, type Change, change, drop, operation, payload, property, remove } from './change.ts';

const OLD_PAYLOAD = ['request', 'old-message', 'old-stored'] as const;
const NEW_PAYLOAD = ['answer', 'new-message', 'new-stored'] as const;
/** What is asked: a payload goes on from the request into messages and documents. */
export const REQUESTS: readonly Change[] = [
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

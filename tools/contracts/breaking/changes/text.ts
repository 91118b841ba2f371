import type { JsonObject } from '../../../codegen/specs.ts';
import type { SpecData } from '../read.ts';
import { add, at, become, type Change, change, everywhere, operation, payload, property, remove } from './change.ts';

const reversed = (object: JsonObject): void => become(object, Object.fromEntries(Object.entries(object).reverse()));
const schemas = (specs: SpecData): JsonObject => specs.schemas;

/** Other words for the same instances: none of it is a finding. */
export const TEXT: readonly Change[] = [
  change('every description is another', (specs) =>
    everywhere([schemas(specs), specs.jobs, specs.openapi, specs.asyncapi, specs.storage], (object) => {
      if (typeof object['description'] === 'string') object['description'] = 'In other words.';
    }),
  ),
  change('examples and hints for the page are others', (specs) => {
    everywhere([schemas(specs), specs.jobs], (object) => {
      if (object['x-dtq-ui'] !== undefined) object['x-dtq-ui'] = { label: 'Another' };
      if (Array.isArray(object['examples'])) delete object['examples'];
    });
  }),
  change('fields stand in another order', (specs) => {
    for (const schema of Object.values(specs.schemas)) {
      if (schema['properties'] !== undefined) reversed(schema['properties'] as JsonObject);
      if (Array.isArray(schema['required'])) schema['required'].reverse();
    }
  }),
  change('members of enums stand in another order', (specs) =>
    everywhere(schemas(specs), (object) => void (Array.isArray(object['enum']) && object['enum'].reverse())),
  ),
  change('a reference is written out', (specs) => {
    const { title: _, examples: __, $schema: ___, ...timestamp } = at(specs.schemas, 'Timestamp');
    become(property(specs, 'KnownProgressReply', 'timestamp'), timestamp);
    become(property(specs, 'JobStatus', 'updated_at'), timestamp);
  }),
  change('what is written out becomes a type of its own', (specs) => {
    specs.schemas['Message'] = { title: 'Message', type: 'string', maxLength: 500 };
    become(property(specs, 'JobStatus', 'message'), { $ref: 'Message.json' });
    become(property(specs, 'JobAccepted', 'message'), { $ref: 'Message.json' });
  }),
  change('a type has another name', (specs) => {
    specs.schemas['Moment'] = { ...at(specs.schemas, 'Timestamp'), title: 'Moment' };
    everywhere(schemas(specs), (object) => {
      if (object['$ref'] === 'Timestamp.json') object['$ref'] = 'Moment.json';
    });
  }),
  change('anyOf with one branch', (specs) => {
    const city = payload(specs, 'city');
    become(city, { anyOf: [{ ...city }] });
    become(property(specs, 'ProgressRequest', 'job_id'), { anyOf: [{ $ref: 'JobId.json' }] });
  }),
  change('the limits of a text are split into allOf', (specs) => {
    const { minLength, maxLength, pattern, type } = payload(specs, 'city') as Record<string, string>;
    const limits = Object.entries({ minLength, maxLength, pattern }).map(([key, limit]) => ({ [key]: limit ?? 0 }));
    become(payload(specs, 'city'), { type: type ?? 'string', allOf: limits });
  }),
  change('the required fields are split into allOf', (specs) => {
    const schema = at(specs.schemas, 'KnownProgressReply');
    const required = at<string[]>(schema, 'required');
    schema['allOf'] = required.map((name) => ({ required: [name] }));
    schema['required'] = [];
  }),
  change('a const becomes an enum of one', (specs) =>
    become(property(specs, 'JobAccepted', 'state'), { type: 'string', enum: ['queued'] }),
  ),
  change('an enum becomes anyOf of consts', (specs) =>
    become(payload(specs, 'units'), { anyOf: [{ const: 'metric' }, { const: 'imperial' }] }),
  ),
  change('an enum becomes a pattern', (specs) =>
    become(payload(specs, 'units'), { type: 'string', maxLength: 8, pattern: '^(?:metric|imperial)$' }),
  ),
  change('null is a type among others instead of a branch', (specs) =>
    become(property(specs, 'JobPosition', 'ahead'), {
      type: ['integer', 'null'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
  change('a pattern is written in another way', (specs) => {
    at(specs.schemas, 'TraceId')['pattern'] = '^[a-fA-F0-9]{8}(?:-[0-9A-Fa-f]{4}){3}-[\\dA-Fa-f]{12}$';
  }),
  change('limits that a pattern has already are left out', (specs) => {
    remove(at(specs.schemas, 'JobId'), 'minLength');
    remove(at(specs.schemas, 'JobId'), 'maxLength');
    remove(payload(specs, 'country_code'), 'minLength');
  }),
  change('a format that a pattern has already is named', (specs) => {
    at(specs.schemas, 'JobId')['format'] = 'uuid';
  }),
  change('a limit of integers is written as one that is not reached', (specs) => {
    const percent = at(specs.schemas, 'ProgressPercent');
    become(percent, { title: 'ProgressPercent', type: 'integer', exclusiveMinimum: -1, exclusiveMaximum: 101 });
  }),
  change('a range is split in two without a gap', (specs) =>
    become(at(specs.schemas, 'ProgressPercent'), {
      title: 'ProgressPercent',
      type: 'integer',
      anyOf: [
        { minimum: 0, maximum: 49 },
        { minimum: 50, maximum: 100 },
      ],
    }),
  ),
  change('an object is split by a value of one of its fields', (specs) => {
    const health = at(specs.schemas, 'Health');
    const branch = (status: string): JsonObject => {
      const copy = structuredClone(health);
      become(at(copy, 'properties', 'status'), { const: status });
      for (const key of ['title', 'description', 'examples', '$schema']) delete copy[key];
      return copy;
    };
    become(health, { title: 'Health', oneOf: [branch('ok'), branch('degraded')] });
  }),
  change('two branches become one', (specs) =>
    become(property(specs, 'SystemReport', 'workers'), {
      type: ['array', 'null'],
      maxItems: 1000,
      items: { $ref: 'WorkerReport.json' },
    }),
  ),
  change('a parameter of a path, and one of a key, have other names', (specs) => {
    const paths = at(specs.openapi, 'paths');
    const path = at(paths, '/v1/jobs/{job_id}/position');
    paths['/v1/jobs/{id}/position'] = path;
    remove(paths, '/v1/jobs/{job_id}/position');
    at(path, 'get')['parameters'] = [
      { name: 'id', in: 'path', required: true, schema: { $ref: 'schemas/JobId.json' } },
    ];
    at(specs.storage, 'redis', 'worker_reports')['key'] = 'workers:{name}:report';
  }),
  change('policies, causes, cures and messages of milestones are others', (specs) => {
    at(specs.jobs, 'weather', 'policy')['timeout'] = '5s';
    at(specs.errors, 'problems', 'invalid_request')['cure'] = 'Try to read.';
    at(specs.lifecycle, 'milestones', 'calling')['message'] = 'ringing up';
    at(specs.lifecycle, 'states', 'queued')['description'] = 'Waits.';
  }),
  change('a default and a deprecation are named', (specs) => {
    at(specs.schemas, 'PageLimit')['default'] = 50;
    operation(specs, '/v1/failures', 'get')['deprecated'] = true;
    property(specs, 'JobSummary', 'replay_of')['deprecated'] = true;
  }),
  change('tags are others, and operations stand in another order', (specs) => {
    reversed(at(specs.openapi, 'paths'));
    reversed(at(specs.asyncapi, 'channels'));
    reversed(at(specs.storage, 'redis'));
    add(at(specs.openapi, 'tags'), { name: 'more' });
  }),
  change('a closed object says nothing of other fields in an answer', (specs) =>
    remove(at(specs.schemas, 'JobPosition'), 'additionalProperties'),
  ),
];

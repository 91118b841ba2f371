import type { JsonObject } from '../../../codegen/specs.ts';
import type { SpecData } from '../read.ts';
import { add, at, become, type Change, change, drop, property, remove } from './change.ts';

const redis = (specs: SpecData, name: string): JsonObject => at(specs.storage, 'redis', name);
const collection = (specs: SpecData, name: string): JsonObject => at(specs.storage, 'mongodb', name);

const REDIS: readonly Change[] = [
  change('a new key', (specs) => {
    at(specs.storage, 'redis')['notes'] = { kind: 'text', description: 'x', key: 'notes' };
  }),
  change('a key is gone', (specs) => remove(at(specs.storage, 'redis'), 'cancels'), ['key-removed']),
  change(
    'a key has another name',
    (specs) => {
      redis(specs, 'job_status')['key'] = 'jobs:{job_id}:status';
    },
    ['key-renamed'],
  ),
  change(
    'the parts of a key change places',
    (specs) => {
      redis(specs, 'open_jobs')['key'] = 'jobs:open:{place}:{job_type}';
    },
    ['key-renamed'],
  ),
  change(
    'a channel of changes has another name',
    (specs) => {
      redis(specs, 'job_status')['notify'] = 'job:{job_id}:changes';
    },
    ['key-renamed'],
  ),
  change(
    'a time to live is shorter',
    (specs) => {
      redis(specs, 'job_status')['ttl'] = '90m';
    },
    ['ttl-shorter'],
  ),
  change('a time to live is longer', (specs) => {
    redis(specs, 'job_status')['ttl'] = '2d';
  }),
  change('a time to live is written in another unit', (specs) => {
    redis(specs, 'job_status')['ttl'] = '1440m';
  }),
  change(
    'a hash is a text of JSON',
    (specs) => {
      redis(specs, 'job_status')['kind'] = 'json';
    },
    ['kind-changed'],
  ),
  change(
    'a field of a hash is written in another form',
    (specs) => {
      at(redis(specs, 'job_status'), 'encoding')['message'] = 'json';
    },
    ['encoding-changed'],
  ),
  change('a new optional field of a hash', (specs) => {
    at(specs.schemas, 'JobStatus', 'properties')['worker'] = { type: 'string', maxLength: 60 };
  }),
  change('a new required field of a hash', (specs) => add(at(specs.schemas, 'JobStatus', 'required'), 'job_id'), [
    'old-stored',
  ]),
  change('a field of a hash may be missing', (specs) => drop(at(specs.schemas, 'JobStatus', 'required'), 'message'), [
    'answer',
    'new-stored',
  ]),
  change(
    'a list in a hash may be longer',
    (specs) => {
      property(specs, 'JobStatus', 'history')['maxItems'] = 128;
    },
    ['answer', 'new-stored'],
  ),
  change(
    'an enum of a text of JSON has one member more',
    (specs) => add(at(property(specs, 'SubmitRecord', 'state'), 'enum'), 'refused'),
    ['new-stored'],
  ),
];

const MONGODB: readonly Change[] = [
  change('a new collection', (specs) => {
    const copy = structuredClone(collection(specs, 'job_replays'));
    copy['collection'] = 'notes';
    at(specs.storage, 'mongodb')['notes'] = copy;
  }),
  change(
    'a collection has another name',
    (specs) => {
      collection(specs, 'job_results')['collection'] = 'results';
    },
    ['collection-removed'],
  ),
  change(
    'another field is the _id',
    (specs) => {
      collection(specs, 'job_replays')['id'] = 'replay_of';
    },
    ['id-changed'],
  ),
  change(
    'a unique index is new',
    (specs) =>
      add(at(collection(specs, 'dead_letters'), 'indexes'), { name: 'key_unique', keys: { key: 1 }, unique: true }),
    ['unique-added'],
  ),
  change(
    'an index is unique now',
    (specs) => {
      at(collection(specs, 'dead_letters'), 'indexes', 2)['unique'] = true;
    },
    ['unique-added'],
  ),
  change('a unique index is gone', (specs) => void at<never[]>(collection(specs, 'job_results'), 'indexes').shift(), [
    'unique-removed',
  ]),
  change(
    'a unique index is not unique any more',
    (specs) => {
      at(collection(specs, 'job_results'), 'indexes', 0)['unique'] = false;
    },
    ['unique-removed'],
  ),
  change('a new index for queries', (specs) =>
    add(at(collection(specs, 'dead_letters'), 'indexes'), { name: 'reason', keys: { reason: 1 }, unique: false }),
  ),
  change(
    'an index for queries is gone',
    (specs) => void at<never[]>(collection(specs, 'dead_letters'), 'indexes').pop(),
    [],
    { notices: ['index-removed'] },
  ),
  change(
    'an index has another name',
    (specs) => {
      at(collection(specs, 'dead_letters'), 'indexes', 2)['name'] = 'by_job';
    },
    ['index-clash'],
  ),
  change(
    'an index has other keys under its name',
    (specs) => {
      at(collection(specs, 'dead_letters'), 'indexes', 2)['keys'] = { job_id: -1 };
    },
    ['index-clash'],
    { notices: ['index-removed'] },
  ),
  change('a new optional field of a document', (specs) => {
    at(specs.schemas, 'CompletedJobResult', 'properties')['worker'] = { type: 'string', maxLength: 60 };
  }),
  change(
    'a new required field of a document',
    (specs) => add(at(specs.schemas, 'CompletedJobResult', 'required'), 'trace_id'),
    ['old-stored'],
  ),
  change(
    'a field of a document may be null',
    (specs) =>
      become(property(specs, 'CompletedJobResult', 'output'), {
        anyOf: [{ $ref: '{JobType}Output.json' }, { type: 'null' }],
      }),
    ['answer', 'new-stored'],
  ),
  change('an output has a new optional field', (specs) => {
    at(specs.jobs, 'weather', 'output', 'properties')['uv_index'] = { type: 'number' };
  }),
  change(
    'an output has a new required field',
    (specs) => {
      at(specs.jobs, 'weather', 'output', 'properties')['uv_index'] = { type: 'number' };
      add(at(specs.jobs, 'weather', 'output', 'required'), 'uv_index');
    },
    ['old-stored'],
  ),
  change(
    'a number of an output may be smaller',
    (specs) => {
      at(specs.jobs, 'weather', 'output', 'properties', 'wind_kph')['minimum'] = -1;
    },
    ['answer', 'new-stored'],
  ),
  change(
    'a document of a third kind',
    (specs) => {
      const third = structuredClone(at(specs.schemas, 'FailedJobResult'));
      third['title'] = 'SkippedJobResult';
      at(third, 'properties', 'final_state')['const'] = 'skipped';
      delete third['examples'];
      specs.schemas['SkippedJobResult'] = third;
      add(at(specs.schemas, 'JobResult', 'oneOf'), { $ref: '{JobType}SkippedJobResult.json' });
    },
    ['answer', 'new-stored'],
  ),
  change('an outcome of an attempt is gone', (specs) => drop(at(specs.schemas, 'AttemptOutcome', 'enum'), 'lost'), [
    'old-stored',
  ]),
];

export const STORAGE: readonly Change[] = [...REDIS, ...MONGODB];

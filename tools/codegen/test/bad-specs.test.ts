import { describe, expect, it } from 'vitest';
import { generate } from '../generate.ts';
import { type Scratch, scratchCopy } from './scratch.ts';

// Each row: what somebody did to the specs, and the one message they get: file, line, pointer, what is wrong, what is right.

interface Row {
  readonly fault: string;
  readonly spoil: (specs: Scratch) => void;
  readonly says: RegExp;
}

const BREAK_OUT = 'x"]; process.exit(1); //';

const ROWS: readonly Row[] = [
  {
    fault: 'an unresolved $ref of a schema',
    spoil: ({ edit }) => edit('specs/schemas/JobAccepted.json', '"TraceId.json"', '"TraceID2.json"'),
    says: /^specs\/schemas\/JobAccepted\.json:\d+:\d+ at \/properties\/trace_id\/\$ref: unresolved \$ref "TraceID2\.json": .*is it TraceId\.json/,
  },
  {
    fault: 'an unresolved $ref of the OpenAPI document to a schema',
    spoil: ({ edit }) => edit('specs/openapi.yaml', 'schemas/JobAccepted.json', 'schemas/JobAcepted.json'),
    says: /^specs\/openapi\.yaml:\d+:\d+ at \/paths\/~1v1~1jobs\/post\/responses\/202\/content\/application~1json\/schema\/\$ref: unresolved \$ref/,
  },
  {
    fault: 'an unresolved local $ref of the OpenAPI document',
    spoil: ({ edit }) =>
      edit(
        'specs/openapi.yaml',
        '"409": { $ref: "#/components/responses/SubmitInFlight" }',
        '"409": { $ref: "#/components/responses/InFlight" }',
      ),
    says: /^specs\/openapi\.yaml:\d+:\d+ at .*\/409\/\$ref: unresolved \$ref "#\/components\/responses\/InFlight"/,
  },
  {
    fault: 'a stream of what is no event',
    spoil: ({ edit }) => edit('specs/openapi.yaml', 'schemas/JobEvent.json', 'schemas/JobStatus.json'),
    says: /^specs\/openapi\.yaml:\d+:\d+ at \/paths\/.*~1events\/get\/responses\/200\/content\/text~1event-stream\/schema: the schema of a stream is that of one event/,
  },
  {
    fault: 'an unresolved channel of the AsyncAPI document',
    spoil: ({ edit }) =>
      edit(
        'specs/asyncapi.yaml',
        '    summary: The API asks on behalf of GET /v1/jobs/{job_id}/status.\n    channel: { $ref: "#/channels/progressRequests" }',
        '    summary: The API asks.\n    channel: { $ref: "#/channels/progresRequests" }',
      ),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/operations\/askProgress\/channel\/\$ref: unresolved \$ref/,
  },
  {
    fault: 'a storage contract of a type that does not exist',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'schemas/JobStatus.json', 'schemas/Status.json'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/redis\/job_status\/schema\/\$ref: unresolved \$ref "schemas\/Status\.json"/,
  },
  {
    fault: 'a job type that is no identifier',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'job_type: weather', 'job_type: weather-now'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/job_type: "weather-now" is not a legal job type: it takes .*such as exchange_rate/,
  },
  {
    fault: 'a job type that breaks out of a string',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'job_type: weather', `job_type: '${BREAK_OUT}'`),
    says: /at \/job_type: "x\\"\]; process\.exit\(1\); \/\/" is not a legal job type/,
  },
  {
    fault: 'a job type that is a word of the language',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'job_type: weather', 'job_type: delete'),
    says: /"delete" is not a legal job type: the language reserves that word/,
  },
  {
    fault: 'a job type whose file in generated/ is taken',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'job_type: weather', 'job_type: all_jobs'),
    says: /"all_jobs" is not a legal job type: generated\/ has a file of that name/,
  },
  {
    fault: 'a job type whose file has another name',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'job_type: weather', 'job_type: wetter'),
    says: /the file of job type wetter must be called specs\/jobs\/wetter\.yaml/,
  },
  {
    fault: 'an operation that breaks out of code',
    spoil: ({ edit }) => edit('specs/openapi.yaml', 'operationId: getHealth', `operationId: '${BREAK_OUT}'`),
    says: /^specs\/openapi\.yaml:\d+:\d+ at \/paths\/~1healthz\/get\/operationId: .* is not a legal operation name/,
  },
  {
    fault: 'a field that breaks out of code',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what an attacker would write
    spoil: ({ edit }) => edit('specs/schemas/Liveness.json', '"time": {', '"time`${process.exit(1)}`": {'),
    says: /is not a legal field name/,
  },
  {
    fault: 'a field that reaches the prototype',
    spoil: ({ edit }) =>
      edit('specs/schemas/Liveness.json', '"properties": {', '"properties": { "__proto__": { "type": "string" },'),
    says: /"__proto__" is not allowed as a name/,
  },
  {
    fault: 'a code that is no identifier',
    spoil: ({ edit }) => edit('specs/errors.yaml', '  route_not_found:', '  route-not-found:'),
    says: /"route-not-found" is not a legal code/,
  },
  {
    fault: 'a code that is given twice',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', '  city_not_found:', '  provider_timeout:'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/errors\/provider_timeout: the code provider_timeout is also given in specs\/errors\.yaml/,
  },
  {
    fault: 'two types with one name',
    spoil: ({ write, read }) =>
      write(
        'specs/schemas/WeatherPayload.json',
        read('specs/schemas/Liveness.json').replace('"Liveness"', '"WeatherPayload"'),
      ),
    says: /two types with one name: WeatherPayload is also made at specs\/schemas\/WeatherPayload\.json:1/,
  },
  {
    fault: 'two types whose names differ only in case, and so would share a file',
    spoil: ({ write, read }) =>
      write('specs/schemas/Jobid.json', read('specs/schemas/JobId.json').replace('"JobId"', '"Jobid"')),
    says: /two types with one name/,
  },
  {
    fault: 'two operations with one name',
    spoil: ({ edit }) => edit('specs/openapi.yaml', 'operationId: getHealth', 'operationId: getJob'),
    says: /^specs\/openapi\.yaml:\d+:\d+ at \/paths\/~1healthz\/get\/operationId: two operations with one name: getJob/,
  },
  {
    fault: 'an example of a job that does not validate',
    spoil: ({ edit }) =>
      edit(
        'specs/jobs/weather.yaml',
        'payload: { city: Tokyo, units: imperial }',
        'payload: { city: Tokyo, units: kelvin }',
      ),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/examples\/1\/payload\/units: the example does not validate: must be one of metric, imperial, not "kelvin"/,
  },
  {
    fault: 'an example of a schema that does not validate',
    spoil: ({ edit }) => edit('specs/schemas/ProgressPercent.json', '"examples": [50]', '"examples": [150]'),
    says: /^specs\/schemas\/ProgressPercent\.json:\d+:\d+ at \/examples\/0: the example does not validate: must be <= 100, not 150/,
  },
  {
    fault: 'an unknown keyword of a schema',
    spoil: ({ edit }) => edit('specs/schemas/Liveness.json', '"additionalProperties"', '"aditionalProperties"'),
    says: /^specs\/schemas\/Liveness\.json:\d+:\d+ at \/aditionalProperties: unknown keyword "aditionalProperties" in a schema/,
  },
  {
    fault: 'an unknown keyword of the OpenAPI document',
    spoil: ({ edit }) =>
      edit(
        'specs/openapi.yaml',
        '      operationId: getHealth',
        '      operationID: getHealth\n      operationId: getHealth',
      ),
    says: /^specs\/openapi\.yaml:\d+:\d+ at \/paths\/~1healthz\/get\/operationID: unknown keyword "operationID"; known here: operationId, /,
  },
  {
    fault: 'an unknown keyword of the AsyncAPI document',
    spoil: ({ edit }) => edit('specs/asyncapi.yaml', '  askProgress:\n', '  askProgress:\n    sumary: x\n'),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/operations\/askProgress\/sumary: unknown keyword "sumary"/,
  },
  {
    fault: 'an unknown keyword of a job file',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'provider_attempts: 3', 'provider_atempts: 3'),
    says: /unknown keyword "provider_atempts"; known here: timeout, provider_timeout/,
  },
  {
    fault: 'an unknown type of a field',
    spoil: ({ edit }) => edit('specs/schemas/ProgressPercent.json', '"integer"', '"int"'),
    says: /unknown type "int"; known: string, number/,
  },
  {
    fault: 'a required field that does not exist',
    spoil: ({ edit }) =>
      edit('specs/schemas/Liveness.json', '"required": ["status", "time"]', '"required": ["status", "times"]'),
    says: /requires "times", which is not among its properties/,
  },
  {
    fault: 'a pattern with a repeat in a repeat',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', String.raw`'^[^\p{C}\s][^\p{C}]*$'`, "'^(a+)+$'"),
    says: /at \/payload\/properties\/city\/pattern: may take more than linear time/,
  },
  {
    fault: 'a pattern with two ways through an alternative',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', String.raw`'^[^\p{C}\s][^\p{C}]*$'`, "'^(?:a|aa){1,40}$'"),
    says: /at \/payload\/properties\/city\/pattern: may take more than linear time/,
  },
  {
    fault: 'a pattern with many optional parts',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', String.raw`'^[^\p{C}\s][^\p{C}]*$'`, "'^(?:a?){28}a{28}$'"),
    says: /at \/payload\/properties\/city\/pattern: may take more than linear time/,
  },
  {
    fault: 'a pattern with two repeats side by side',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', String.raw`'^[^\p{C}\s][^\p{C}]*$'`, "'^[a-z]*[a-z]*$'"),
    says: /at \/payload\/properties\/city\/pattern: may take more than linear time/,
  },
  {
    fault: 'a pattern that is none',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', '"^[A-Za-z]{2}$"', '"^[A-Za-z{2}$"'),
    says: /not a regular expression/,
  },
  {
    fault: 'a state that does not exist',
    spoil: ({ edit }) => edit('specs/lifecycle.yaml', '{ from: queued, to: running,', '{ from: queued, to: runing,'),
    says: /^specs\/lifecycle\.yaml:\d+:\d+ at \/transitions\/0\/to: there is no state "runing"; known: queued, running, completed, failed/,
  },
  {
    fault: 'an index over a field that does not exist',
    spoil: ({ edit }) =>
      edit('specs/storage.yaml', 'keys: { job_id: 1 }, unique: true', 'keys: { jobId: 1 }, unique: true'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/mongodb\/job_results\/indexes\/0\/keys\/jobId: "jobId" is not a field of the document; known: /,
  },
  {
    fault: 'an index over a path that ends at no field',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'keys: { error.code: 1,', 'keys: { error.cod: 1,'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/mongodb\/job_results\/indexes\/\d\/keys\/error\.cod: "cod" is not a field of error; known: code, message/,
  },
  {
    fault: 'an index over a path through a field that has none',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'keys: { due_at: 1 }', 'keys: { due_at.year: 1 }'),
    says: /at \/mongodb\/job_schedule\/indexes\/0\/keys\/due_at\.year: "year" is not a field of due_at; known: none/,
  },
  {
    fault: 'a collection whose id is no field of its documents',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'id: schedule_id', 'id: schedule'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/mongodb\/job_schedule\/id: "schedule" is not a field of the document; known: schedule_id, /,
  },
  {
    fault: 'an order of an index that does not exist',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'keys: { due_at: 1 }', 'keys: { due_at: 2 }'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/mongodb\/job_schedule\/indexes\/0\/keys\/due_at: must be one of 1, -1, not 2/,
  },
  {
    fault: 'a kind of storage that does not exist',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'open_jobs:\n    kind: sorted_set', 'open_jobs:\n    kind: sorted'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/redis\/open_jobs\/kind: must be one of hash, json, counters, sorted_set, text, channel, not "sorted"/,
  },
  {
    fault: 'a kind of storage that needs more',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "submit:{key}"\n    ttl: 24h\n', 'key: "submit:{key}"\n'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/redis\/submit_keys: must have required property 'ttl'/,
  },
  {
    fault: 'a kind of storage that has less',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "jobs:cancels"\n', 'key: "jobs:cancels"\n    ttl: 24h\n'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/redis\/cancels\/ttl: unknown keyword "ttl"; known here: kind, description, key/,
  },
  {
    fault: 'a key whose parameter does not end',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "submit:{key}"', 'key: "submit:{key"'),
    says: /^specs\/storage\.yaml:\d+:\d+ at \/redis\/submit_keys\/key: must match pattern .*, not "submit:\{key"/,
  },
  {
    fault: 'a key with a parameter that is a word of the language',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "submit:{key}"', 'key: "submit:{new}"'),
    says: /at \/redis\/submit_keys\/key: "new" is not a legal parameter: the language reserves that word/,
  },
  {
    fault: 'a key that breaks out of code',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what an attacker would write
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "submit:{key}"', "key: 'submit:{key}`${process.exit(1)}'"),
    says: /at \/redis\/submit_keys\/key: must match pattern /,
  },
  {
    fault: 'a key of a hash that names no field of it',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'key: "job:{job_id}:status"', 'key: "job:{id}:status"'),
    says: /at \/redis\/job_status\/key: \{id\} is not a field of the hash; known: job_id, /,
  },
  {
    fault: 'a text of a hash for a field that does not exist',
    spoil: ({ edit }) => edit('specs/storage.yaml', 'attempts: json', 'tries: json'),
    says: /at \/redis\/job_status\/encoding\/tries: "tries" is not a field of the hash/,
  },
  {
    fault: 'a priority that does not exist',
    spoil: ({ edit }) => edit('specs/asyncapi.yaml', 'x-dtq-priority: high', 'x-dtq-priority: urgent'),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/channels\/\{job_type\}HighJobs\/x-dtq-priority: must be one of high, normal, low, not "urgent"/,
  },
  {
    fault: 'two channels of one priority',
    spoil: ({ edit }) => edit('specs/asyncapi.yaml', 'x-dtq-priority: high', 'x-dtq-priority: normal'),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/channels\/\{job_type\}HighJobs: a job type has one channel for normal, and \{job_type\}Jobs is that already/,
  },
  {
    fault: 'a channel of jobs without a priority',
    spoil: ({ edit }) => edit('specs/asyncapi.yaml', '    x-dtq-priority: low\n', ''),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/channels\/\{job_type\}DeadLetters: a job type has one channel for dead letters, and \{job_type\}LowJobs is that already/,
  },
  {
    fault: 'a priority without a channel',
    spoil: ({ edit }) => edit('specs/schemas/JobPriority.json', '"low"', '"low", "idle"'),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/channels: a job type has no channel for idle: each priority has one/,
  },
  {
    fault: 'a policy without attempts',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', '  attempts: 3 #', '  # attempts: 3'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/policy: must have required property 'attempts'/,
  },
  {
    fault: 'a policy of more attempts than are kept',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', '  attempts: 3 #', '  attempts: 21 #'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/policy\/attempts: must be <= 20, not 21/,
  },
  {
    fault: 'a wait between attempts that is no duration',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'retry: { base: 1s, cap: 5m }', 'retry: { base: 1, cap: 5m }'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+ at \/policy\/retry\/base: must be string, not 1/,
  },
  {
    fault: 'a path parameter that is not declared',
    spoil: ({ edit }) => edit('specs/openapi.yaml', '  /v1/jobs/{job_id}/status:', '  /v1/jobs/{id}/status:'),
    says: /\{id\} of the path is not among the operation's parameters/,
  },
  {
    fault: 'a question that nobody answers',
    spoil: ({ edit }) => edit('specs/asyncapi.yaml', '    x-dtq-handler: responder\n', ''),
    says: /^specs\/asyncapi\.yaml:\d+:\d+ at \/operations\/answerProgress: must have required property 'x-dtq-handler'/,
  },
  {
    fault: 'text that is no YAML',
    spoil: ({ edit }) => edit('specs/errors.yaml', 'problems:\n', 'problems: [\n'),
    says: /^specs\/errors\.yaml:\d+:\d+: /,
  },
  {
    fault: 'a key given twice',
    spoil: ({ edit }) => edit('specs/jobs/weather.yaml', 'title: Weather\n', 'title: Weather\ntitle: Wetter\n'),
    says: /^specs\/jobs\/weather\.yaml:\d+:\d+: Map keys must be unique/,
  },
];

describe('a bad spec gets one clear message', () => {
  for (const { fault, spoil, says } of ROWS) {
    it(fault, async () => {
      const scratch = scratchCopy();
      spoil(scratch);
      const message = await generate(scratch.folder).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      expect(message).toMatch(says);
      expect(message.split('\n').length).toBeLessThanOrEqual(2);
    });
  }

  it('an operation without a route, a job type without a handler, a question without a responder: written, and said', async () => {
    const scratch = scratchCopy();
    scratch.edit('specs/openapi.yaml', 'operationId: getHealth', 'operationId: getWellBeing');
    scratch.edit('specs/asyncapi.yaml', '  answerProgress:', '  tellProgress:');
    scratch.write(
      'specs/jobs/horoscope.yaml',
      scratch
        .read('specs/jobs/weather.yaml')
        .replaceAll('weather', 'horoscope')
        .replace('title: Weather', 'title: Horoscope')
        .replace('  city_not_found:', '  stars_not_found:'),
    );
    const { files, missing } = await generate(scratch.folder);
    expect(missing.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^specs\/openapi\.yaml:\d+:\d+ at .*: the operation getWellBeing has no route: write services\/api\/routes\/get-well-being\.ts, exporting getWellBeing$/,
      ),
      expect.stringMatching(
        /^specs\/jobs\/horoscope\.yaml:\d+:\d+ at \/job_type: the job type horoscope has no handler: write services\/worker\/handlers\/horoscope\.ts, exporting horoscope$/,
      ),
      expect.stringMatching(
        /^specs\/asyncapi\.yaml:\d+:\d+ at .*: the operation tellProgress has no responder: write services\/worker\/responders\/tell-progress\.ts, exporting tellProgress$/,
      ),
    ]);
    expect(files.get('wiring/handlers.ts')).toContain(
      "import { horoscope } from '../../services/worker/handlers/horoscope.ts'",
    );
  });
});

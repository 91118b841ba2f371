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
        '"413": { $ref: "#/components/responses/BodyTooLarge" }',
        '"413": { $ref: "#/components/responses/TooLarge" }',
      ),
    says: /^specs\/openapi\.yaml:\d+:\d+ at .*\/413\/\$ref: unresolved \$ref "#\/components\/responses\/TooLarge"/,
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
    spoil: ({ edit }) => edit('specs/storage.yaml', 'keys: { job_id: 1 }', 'keys: { jobId: 1 }'),
    says: /"jobId" is not a field of the document; known: /,
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

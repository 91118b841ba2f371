import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { generate } from '../generate.ts';
import { type Scratch, scratchCopy } from './scratch.ts';

// What the modules in generated/ do, made from specs in which nothing is called as in ours, so that code which fits only
// our own names shows.

const TIDE = {
  title: 'Tide',
  description: 'A tide.',
  type: 'object',
  additionalProperties: false,
  required: ['tide_id', 'height_m', 'readings', 'source'],
  properties: {
    tide_id: { type: 'string', minLength: 1, maxLength: 60 },
    height_m: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 20 },
    level: { type: 'integer', minimum: -5, maximum: 5 },
    flowing: { type: 'boolean' },
    unit: { type: 'string', const: 'm' },
    harbour: { description: 'Where.', type: 'string', pattern: String.raw`^[^\p{C}]*$`, maxLength: 50 },
    readings: { type: 'array', maxItems: 3, items: { $ref: 'Reading.json' } },
    source: { anyOf: [{ $ref: 'Reading.json' }, { type: 'null' }] },
  },
};

const READING = {
  title: 'Reading',
  description: 'What a gauge said.',
  type: 'object',
  additionalProperties: false,
  required: ['gauge'],
  properties: { gauge: { type: 'string', maxLength: 20 }, at: { $ref: 'Timestamp.json' } },
};

const REDIS = `  last_tide:
    kind: hash
    description: The last tide of a harbour.
    key: "tide:{harbour}:last"
    notify: "tide:{harbour}:changes"
    ttl: 90m
    schema: { $ref: schemas/Tide.json }
    encoding: { level: integer, readings: json, source: json }
  raw_reading:
    kind: json
    description: What a gauge said last.
    key: "reading:{gauge}"
    ttl: 30s
    schema: { $ref: schemas/Reading.json }
  high_waters:
    kind: sorted_set
    description: The harbours by their height.
    key: "tides:{sea_area}:{day}"
  sea_state:
    kind: text
    description: The state of the sea.
    key: "sea:state"
  warnings:
    kind: channel
    description: Each warning.
    key: "sea:warnings"

mongodb:
  tides:
    description: Every tide.
    collection: all_tides
    schema: { $ref: schemas/Tide.json }
    id: tide_id
    indexes:
      - { name: by_gauge, keys: { readings.gauge: 1, source.at: -1 }, unique: true }
`;

const PORT_HEADERS = {
  title: 'PortHeaders',
  description: 'Headers of a message of a port.',
  type: 'object',
  properties: {
    'content-type': { type: 'string', const: 'application/json' },
    'x-port-name': { type: 'string', maxLength: 20 },
  },
};

type Module = Readonly<Record<string, unknown>>;

describe('the modules that codegen writes', () => {
  let made: ReturnType<typeof generate> | undefined;

  function generated(): ReturnType<typeof generate> {
    const scratch = scratchCopy();
    spoil(scratch);
    return generate(scratch.folder);
  }

  /** A module of generated/ that imports types alone, run. */
  async function load(name: string): Promise<Module> {
    made ??= generated();
    const code = (await made).files.get(name);
    if (code === undefined) throw new Error(`codegen wrote no ${name}`);
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    return (await import(
      /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`
    )) as Module;
  }

  const call = (module: Module, name: string, ...args: unknown[]): unknown =>
    (module[name] as (...values: unknown[]) => unknown)(...args);

  it('a hash: its keys, its time to live, and its values as strings and back', async () => {
    const module = await load('storage/last-tide.ts');
    expect(call(module, 'lastTideKey', 'Bergen')).toBe('tide:Bergen:last');
    expect(call(module, 'lastTideChannel', 'Bergen')).toBe('tide:Bergen:changes');
    expect(module['LAST_TIDE']).toMatchObject({
      ttlMs: 5_400_000,
      fields: { tide_id: 'string', level: 'integer', readings: 'json' },
    });
    const tide = { tide_id: 't', level: -2, readings: [{ gauge: 'g' }], source: null };
    const hash = { tide_id: 't', level: '-2', readings: '[{"gauge":"g"}]', source: 'null' };
    expect(call(module, 'encodeLastTide', tide)).toEqual(hash);
    expect(call(module, 'decodeLastTide', { ...hash, of_another_program: 'x' })).toEqual(tide);
    // What cannot be turned back is left for the validator to name.
    expect(call(module, 'decodeLastTide', { level: 'high', readings: '[' })).toEqual({ level: 'high', readings: '[' });
  });

  it('a text of JSON: its key and its time to live', async () => {
    const module = await load('storage/raw-reading.ts');
    expect(call(module, 'rawReadingKey', 'g7')).toBe('reading:g7');
    expect(module['RAW_READING_TTL_MS']).toBe(30_000);
  });

  it('a sorted set, a text and a channel: a function where the key has parameters, else a constant', async () => {
    expect(call(await load('storage/high-waters.ts'), 'highWatersKey', 'north', 'monday')).toBe('tides:north:monday');
    expect({ ...(await load('storage/sea-state.ts')) }).toEqual({ SEA_STATE: 'sea:state' });
    expect({ ...(await load('storage/warnings.ts')) }).toEqual({ WARNINGS: 'sea:warnings' });
  });

  it('a collection: its id, its indexes over paths, and its fields', async () => {
    const module = await load('storage/tides.ts');
    expect(module['TIDES']).toEqual({
      collection: 'all_tides',
      id: 'tide_id',
      indexes: [{ name: 'by_gauge', keys: { 'readings.gauge': 1, 'source.at': -1 }, unique: true }],
    });
    expect(Object.keys(module['TIDES_FIELD'] as object)).toEqual(Object.keys(TIDE.properties));
    expect((await load('storage/job-results.ts'))['JOB_RESULTS']).toMatchObject({ id: null });
  });

  it('the validator of a collection, in the part of JSON Schema that MongoDB reads', async () => {
    const reading = {
      bsonType: 'object',
      required: ['gauge'],
      properties: {
        gauge: { bsonType: 'string', maxLength: 20 },
        at: { bsonType: 'string', maxLength: 40, pattern: '(?:[Zz]|[+-]00:00)$' },
      },
    };
    expect((await load('storage/tides.ts'))['TIDES_VALIDATOR']).toEqual({
      $jsonSchema: {
        bsonType: 'object',
        required: TIDE.required,
        properties: {
          tide_id: { bsonType: 'string', minLength: 1, maxLength: 60 },
          // Draft 4 has the bound and says beside it that the bound itself is out.
          height_m: {
            bsonType: 'number',
            minimum: 0,
            exclusiveMinimum: true,
            maximum: 20,
            exclusiveMaximum: true,
          },
          level: { bsonType: ['int', 'long', 'double'], minimum: -5, maximum: 5 },
          flowing: { bsonType: 'bool' },
          unit: { bsonType: 'string', enum: ['m'] },
          harbour: { bsonType: 'string', maxLength: 50 },
          readings: { bsonType: 'array', maxItems: 3, items: reading },
          source: { anyOf: [reading, { bsonType: 'null' }] },
        },
      },
    });
  });

  it('the names of the headers of each kind of message, and those that have one value', async () => {
    const module = await load('messaging/headers.ts');
    expect(module['PORT_HEADERS']).toEqual({ contentType: 'content-type', xPortName: 'x-port-name' });
    expect(module['PORT_HEADERS_FIXED']).toEqual({ 'content-type': 'application/json' });
    expect(module['JOB_MESSAGE_HEADERS']).toMatchObject({ dtqAttempt: 'dtq-attempt' });
  });

  it('a channel for each priority of each job type, and one for its dead letters', async () => {
    const module = await load('messaging/channels.ts');
    const channels = module['CHANNELS'] as Record<string, { address: string | null; jobType: string | null }>;
    const rows = Object.entries(
      module['JOB_CHANNELS'] as Record<string, { jobs: Record<string, string>; deadLetters: string }>,
    );
    expect(rows.map(([jobType]) => jobType)).toContain('exchange_rate');
    for (const [jobType, { jobs, deadLetters }] of rows) {
      const address = (id: string | undefined): unknown => channels[id ?? '']?.address;
      expect(
        Object.fromEntries(Object.entries(jobs).map(([priority, id]) => [priority, address(id)])),
        jobType,
      ).toEqual({
        normal: `jobs.${jobType}.v1`,
        high: `jobs.${jobType}.v1.high`,
        low: `jobs.${jobType}.v1.low`,
      });
      expect(address(deadLetters)).toBe(`jobs.${jobType}.v1.dlq`);
      for (const id of [...Object.values(jobs), deadLetters]) expect(channels[id]?.jobType).toBe(jobType);
    }
  });

  it('the policy of a job type, in milliseconds', async () => {
    expect((await load('jobs/index.ts'))['JOB_POLICIES']).toMatchObject({
      weather: {
        timeoutMs: 7_200_000,
        providerTimeoutMs: 700,
        providerAttempts: 9,
        backoff: { baseMs: 30, capMs: 4000 },
        attempts: 20,
        retry: { baseMs: 2000, capMs: 3_600_000 },
        concurrency: 8,
      },
    });
  });
});

function spoil({ edit, write }: Scratch): void {
  for (const schema of [TIDE, READING, PORT_HEADERS])
    write(`specs/schemas/${schema.title}.json`, `${JSON.stringify(schema, null, 2)}\n`);
  edit('specs/storage.yaml', '\nmongodb:\n', REDIS);
  edit(
    'specs/asyncapi.yaml',
    'headers: { $ref: schemas/ProgressHeaders.json }\n      payload: { $ref: schemas/ProgressRequest.json }',
    'headers: { $ref: schemas/PortHeaders.json }\n      payload: { $ref: schemas/ProgressRequest.json }',
  );
  for (const [from, to] of [
    ['timeout: 40s #', 'timeout: 2h #'],
    ['provider_timeout: 5s #', 'provider_timeout: 700ms #'],
    ['provider_attempts: 3 #', 'provider_attempts: 9 #'],
    ['backoff: { base: 200ms, cap: 2s }', 'backoff: { base: 30ms, cap: 4s }'],
    ['  attempts: 3 #', '  attempts: 20 #'],
    ['retry: { base: 1s, cap: 5m }', 'retry: { base: 2s, cap: 1h }'],
    ['concurrency: 64 #', 'concurrency: 8 #'],
  ] as const)
    edit('specs/jobs/weather.yaml', from, to);
}

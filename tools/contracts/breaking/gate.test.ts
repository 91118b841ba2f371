import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freshFolder } from '@dtq/testkit/folder.ts';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../codegen/specs.ts';
import { root } from '../sources.ts';
import { add, at } from './changes/change.ts';
import { copyJobType } from './changes/lifecycle.ts';
import { compareContracts } from './compare.ts';
import type { Contracts } from './contracts.ts';
import { nextVersion } from './finding.ts';
import { runGate } from './gate.ts';
import { contractsOfData, readContracts, readSpecData } from './read.ts';
import { type Accepted, RELEASED } from './released.ts';

interface Scratch {
  readonly folder: string;
  edit(file: string, from: string, to: string): void;
  write(file: string, content: string): void;
  /** Runs the gate; gives its exit code and what it printed. */
  gate(...words: string[]): { code: number; text: string };
}

/** A copy of the specs for one test to change, with today's contracts released as 1.0.0. */
function scratch(): Scratch {
  const folder = freshFolder();
  cpSync(path.join(root, 'specs'), path.join(folder, 'specs'), { recursive: true });
  const write = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  };
  const edit = (file: string, from: string | RegExp, to: string): void => {
    const before = readFileSync(path.join(folder, file), 'utf8');
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`${file} has no ${String(from)}`);
    write(file, after);
  };
  const gate = (...words: string[]): { code: number; text: string } => {
    const lines: string[] = [];
    const code = runGate(folder, words, (text) => lines.push(text));
    return { code, text: lines.join('\n') };
  };
  for (const file of ['specs/openapi.yaml', 'specs/asyncapi.yaml']) {
    const version = /\n {2}version: .*\n/;
    if (!/\n {2}version: 1\.0\.0\n/.test(readFileSync(path.join(folder, file), 'utf8')))
      edit(file, version, '\n  version: 1.0.0\n');
  }
  const released = gate('--release');
  if (released.code !== 0) throw new Error(released.text);
  return { folder, edit, write, gate };
}

const raise = ({ edit }: Scratch, version: string): void => {
  for (const file of ['specs/openapi.yaml', 'specs/asyncapi.yaml']) edit(file, 'version: 1.0.0', `version: ${version}`);
};

const REQUIRED = ['required: [city, units]', 'required: [city, country_code, units]'] as const;

describe('the gate', () => {
  it('passes what is not changed, and what breaks nobody', () => {
    const copy = scratch();
    expect(copy.gate()).toEqual({
      code: 0,
      text: 'contracts 1.0.0 against 1.0.0 (tools/contracts/released/1.0.0.json): 0 breaking, 0 that cannot be told and count as breaking, 0 accepted, 0 to know of',
    });
    copy.edit('specs/jobs/weather.yaml', '    units:\n', '    language: { type: string, maxLength: 8 }\n    units:\n');
    expect(copy.gate().code).toBe(0);
  });

  it('says where, what, for whom, such as what, and what to do instead', () => {
    const copy = scratch();
    copy.edit('specs/jobs/weather.yaml', ...REQUIRED);
    const { code, text } = copy.gate();
    expect(code).toBe(1);
    expect(text).toContain('3 breaking');
    expect(text).toContain('BREAKING: WeatherPayload (specs/jobs/weather.yaml#/payload, rule old-message)');
    expect(text).toContain('  what     the field country_code may be missing, and is required');
    expect(text).toContain('  breaks   old writers while both run, and messages that wait already');
    expect(text).toContain('  seen in  jobs.weather.v1; jobs.weather.v1.high; jobs.weather.v1.low');
    expect(text).toMatch(/ {2}such as {2}\{.*"payload":\{"city":"a","units":"metric"\}/);
    expect(text).toContain('else a new version: jobs.weather.v2');
  });

  it('gives the same to programs', () => {
    const copy = scratch();
    copy.edit('specs/jobs/weather.yaml', ...REQUIRED);
    const { code, text } = copy.gate('--json');
    const report = JSON.parse(text) as {
      breaking: boolean;
      findings: { rule: string; severity: string; witness: JsonObject }[];
    };
    expect([code, report.breaking]).toEqual([1, true]);
    expect(report.findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['request', 'breaking'],
      ['old-message', 'breaking'],
      ['old-stored', 'breaking'],
    ]);
    expect(report.findings[0]?.witness).toMatchObject({ job_type: 'weather', payload: { units: 'metric' } });
  });

  it('compares with a git ref, a folder and a bundle', () => {
    const copy = scratch();
    const git = (...words: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
        cwd: copy.folder,
        stdio: 'ignore',
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'before');
    copy.edit('specs/jobs/weather.yaml', ...REQUIRED);
    const before = freshFolder();
    cpSync(path.join(root, 'specs'), path.join(before, 'specs'), { recursive: true });
    for (const reference of ['HEAD', before, path.join(copy.folder, RELEASED, '1.0.0.json')]) {
      const { code, text } = copy.gate('--against', reference);
      expect([code, /(\d+) breaking/.exec(text)?.[1]]).toEqual([1, '3']);
    }
  });

  it('says what it cannot compare with, and ends with 2', () => {
    const copy = scratch();
    expect(copy.gate('--against', 'no-such-ref')).toMatchObject({
      code: 2,
      text: expect.stringContaining('no-such-ref is neither a file, a folder nor a git ref'),
    });
    expect(copy.gate('--against', '--upload-pack=x').code).toBe(2);
    expect(copy.gate('--against', path.join(root, 'services'))).toMatchObject({
      code: 2,
      text: expect.stringContaining('has no specs/openapi.yaml'),
    });
    expect(copy.gate('--loud').code).toBe(2);
    copy.edit('specs/asyncapi.yaml', 'version: 1.0.0', 'version: 1.3.0');
    expect(copy.gate()).toMatchObject({ code: 2, text: expect.stringContaining('the contracts have one') });
  });
});

it('a new code of a problem shows only where its status is answered, and where any code may stand', () => {
  const specs = readSpecData(root);
  const copy = structuredClone(specs);
  at(copy.errors, 'problems')['gone_for_good'] = { status: 404, title: 'Gone', cause: 'x', cure: 'y' };
  const [finding, ...others] = compareContracts(contractsOfData(specs), contractsOfData(copy)).findings;
  expect(others).toEqual([]);
  expect(finding?.seen).toContain('GET /v1/jobs/{job_id}, answer 404');
  expect(finding?.seen.filter((place) => !place.endsWith('answer 404'))).toEqual(['POST /v1/jobs:batch, answer 207']);
});

describe('releases', () => {
  it('a bundle reads back as what it was made from', () => {
    const copy = scratch();
    expect(readContracts(copy.folder, path.join(copy.folder, RELEASED, '1.0.0.json'))).toEqual(
      readContracts(copy.folder, copy.folder),
    );
  });

  it('a released version stays as it is, and the next one is what the gate compares with', () => {
    const copy = scratch();
    expect(copy.gate('--release').code).toBe(0);
    copy.edit('specs/jobs/weather.yaml', '    units:\n', '    language: { type: string, maxLength: 8 }\n    units:\n');
    expect(copy.gate('--release')).toMatchObject({
      code: 2,
      text: expect.stringContaining('1.0.0 is released with other contracts; raise info.version'),
    });
    raise(copy, '1.10.0');
    expect(copy.gate('--release')).toMatchObject({
      code: 0,
      text: expect.stringContaining('released: tools/contracts/released/1.10.0.json'),
    });
    expect(copy.gate().text).toContain('against 1.10.0');
    copy.edit('specs/openapi.yaml', 'version: 1.10.0', 'version: 1.9.0');
    copy.edit('specs/asyncapi.yaml', 'version: 1.10.0', 'version: 1.9.0');
    expect(copy.gate('--release')).toMatchObject({
      code: 2,
      text: expect.stringContaining('1.10.0 is released already'),
    });
  });

  it('nothing that breaks is released', () => {
    const copy = scratch();
    copy.edit('specs/jobs/weather.yaml', ...REQUIRED);
    raise(copy, '2.0.0');
    expect(copy.gate('--release').code).toBe(1);
    expect(existsSync(path.join(copy.folder, RELEASED, '2.0.0.json'))).toBe(false);
  });

  it('what is accepted by name and with a reason passes, and nothing else with it', () => {
    const copy = scratch();
    copy.edit('specs/schemas/Readiness.json', '"not_ready"', '"not_ready", "draining"');
    const [finding] = (JSON.parse(copy.gate('--json').text) as { findings: Accepted[] }).findings;
    const entry = { against: '1.0.0', rule: finding?.rule, place: finding?.place, what: finding?.what };
    const accept = (...entries: Json[]): void => copy.write(`${RELEASED}/accepted.json`, JSON.stringify(entries));
    const reason = 'Every client of /readyz is ours, and reads the status of the answer alone.';
    accept({ ...entry, reason } as JsonObject);
    expect(copy.gate()).toMatchObject({ code: 0, text: expect.stringContaining(`because  ${reason}`) });
    copy.edit('specs/schemas/Readiness.json', '"draining"', '"draining", "lost"');
    expect(copy.gate().code).toBe(1);
    copy.edit('specs/schemas/Readiness.json', ', "draining", "lost"', '');
    expect(copy.gate()).toMatchObject({
      code: 0,
      text: expect.stringContaining('accepted for nothing: answer at Readiness'),
    });
    accept({ ...entry, reason: 'fine' } as JsonObject);
    expect(copy.gate()).toMatchObject({ code: 2, text: expect.stringContaining('without a reason') });
  });
});

describe('a breaking change with a new version in its name, beside the old one', () => {
  const specs = readSpecData(root);
  const today = contractsOfData(specs);
  const outcome = (edit: (copy: typeof specs) => void): { now: Contracts; breaking: string[] } => {
    const copy = structuredClone(specs);
    edit(copy);
    const now = contractsOfData(copy);
    const { findings } = compareContracts(today, now);
    return { now, breaking: findings.filter(({ severity }) => severity !== 'notice').map(({ rule }) => rule) };
  };
  const needsCountry = (job: JsonObject): void => add(at(job, 'payload', 'required'), 'country_code');

  it('in place it breaks', () => {
    expect(outcome((copy) => needsCountry(at(copy.jobs, 'weather'))).breaking).toEqual([
      'request',
      'old-message',
      'old-stored',
    ]);
  });

  it('as a job type of its own it passes, and both are there', () => {
    const { now, breaking } = outcome((copy) => needsCountry(copyJobType(copy, 'weather', 'weather_v2')));
    expect(breaking).toEqual([]);
    const addresses = Object.values(now.channels).map(({ address }) => address);
    expect(addresses).toEqual(
      expect.arrayContaining(['jobs.weather.v1', 'jobs.weather_v2.v1', 'jobs.weather_v2.v1.dlq']),
    );
  });

  it('as a second version of the topic it passes, and both are there', () => {
    const { now, breaking } = outcome((copy) => {
      const required = [...at<string[]>(copy.jobs, 'weather', 'payload', 'required'), 'country_code'];
      const payload = { ...at(copy.jobs, 'weather', 'payload'), title: 'WeatherV2Payload', required };
      copy.schemas['WeatherV2Payload'] = payload;
      const { 'x-dtq-for-each-job-type': _, ...message } = structuredClone(at(copy.schemas, 'JobMessage'));
      at(message, 'properties')['job_type'] = { type: 'string', const: 'weather' };
      at(message, 'properties')['payload'] = { $ref: 'WeatherV2Payload.json' };
      copy.schemas['WeatherV2JobMessage'] = {
        ...message,
        title: 'WeatherV2JobMessage',
        description: 'A weather job.',
        examples: [],
      };
      const topic = nextVersion('jobs.weather.v1');
      const messages = { WeatherV2JobMessage: { $ref: '#/components/messages/WeatherV2JobMessage' } };
      at(copy.asyncapi, 'channels')['weatherV2Jobs'] = {
        address: topic,
        title: 'Weather jobs, version 2',
        description: 'Beside version 1, until nobody writes that.',
        servers: [{ $ref: '#/servers/kafka' }],
        messages,
        bindings: { kafka: { topic, partitions: 6 } },
      };
      at(copy.asyncapi, 'components', 'messages')['WeatherV2JobMessage'] = {
        name: 'WeatherV2JobMessage',
        title: 'Weather job, version 2',
        contentType: 'application/json',
        headers: { $ref: 'schemas/JobMessageHeaders.json' },
        payload: { $ref: 'schemas/WeatherV2JobMessage.json' },
      };
    });
    expect(breaking).toEqual([]);
    expect(Object.values(now.channels).map(({ address }) => address)).toEqual(
      expect.arrayContaining(['jobs.weather.v1', 'jobs.weather.v2']),
    );
  });

  it('the old one may not go with it', () => {
    const { breaking } = outcome((copy) => {
      needsCountry(copyJobType(copy, 'weather', 'weather_v2'));
      delete copy.jobs['weather'];
    });
    expect(breaking).toContain('job-type-removed');
  });

  it.each([
    ['jobs.weather.v1', 'jobs.weather.v2'],
    ['jobs.weather.v9.high', 'jobs.weather.v10.high'],
    ['progress.check.request.v1', 'progress.check.request.v2'],
    ['job_results', 'job_results.v2'],
  ])('after %s comes %s', (name, next) => {
    expect(nextVersion(name)).toBe(next);
  });
});

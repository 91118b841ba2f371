import { readdirSync } from 'node:fs';
import path from 'node:path';
import asyncapi from '@dtq/generated/documents/asyncapi.json' with { type: 'json' };
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import storage from '@dtq/generated/documents/storage.json' with { type: 'json' };
import { JOB_ERRORS, PROBLEMS } from '@dtq/generated/errors.ts';
import { STATES } from '@dtq/generated/lifecycle.ts';
import { CHANNELS, CONTENT_TYPES } from '@dtq/generated/messaging/channels.ts';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { loadContracts } from './contracts.ts';
import { exampleOf } from './example.ts';
import { buildSite } from './site.ts';
import { readHtml } from './test/read-html.ts';

const root = path.resolve(import.meta.dirname, '../..');
const contracts = await loadContracts(root);
const site = buildSite(contracts);
const pages = new Map(
  [...site].filter(([file]) => file.endsWith('.html')).map(([file, content]) => [file, readHtml(content)]),
);

/** Where the API serves what is no part of the site. */
const ELSEWHERE = ['/openapi.json', '/docs/try'];

const anchors = (file: string): ReadonlySet<string> => pages.get(file)?.ids ?? new Set();

describe('what stands in the site', () => {
  it.each([
    ['every operation', 'rest.html', Object.keys(OPERATIONS).map((id) => `op-${id}`)],
    ['every problem, where its type leads', 'index.html', Object.keys(PROBLEMS).map((code) => `problem-${code}`)],
    ['every error of a job', 'index.html', Object.keys(JOB_ERRORS).map((code) => `job-error-${code}`)],
    ['every state', 'index.html', Object.keys(STATES).map((state) => `state-${state}`)],
    ['every job type', 'jobs.html', JOB_TYPE_VALUES.map((jobType) => `job-${jobType}`)],
    ['every topic and queue', 'messages.html', Object.keys(CHANNELS).map((name) => `channel-${name}`)],
    ['every message', 'messages.html', Object.keys(CONTENT_TYPES).map((name) => `message-${name}`)],
    ['who sends and receives', 'messages.html', Object.keys(asyncapi.operations).map((name) => `operation-${name}`)],
    ['every key of Redis', 'stores.html', Object.keys(storage.redis).map((name) => `redis-${name}`)],
    ['every collection', 'stores.html', Object.keys(storage.mongodb).map((name) => `mongodb-${name}`)],
    ['every schema of REST', 'schemas.html', Object.keys(openapi.components.schemas).map((name) => `schema-${name}`)],
    [
      'every schema of topics',
      'schemas.html',
      Object.keys(asyncapi.components.schemas).map((name) => `schema-${name}`),
    ],
    ['every variable', 'environment.html', contracts.settings.map(({ name }) => `env-${name}`)],
  ])('%s', (_what, file, wanted) => {
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((id) => !anchors(file).has(id))).toEqual([]);
  });

  it('every type of specs/schemas', () => {
    const names = readdirSync(path.join(root, 'specs/schemas')).map((file) => path.basename(file, '.json'));
    expect(names.filter((name) => !anchors('schemas.html').has(`schema-${name}`))).toEqual([]);
  });

  it('every index, every parameter, and every field of a status, a document and a payload', () => {
    for (const [name, { indexes }] of Object.entries(contracts.mongodb))
      for (const index of indexes) expect(anchors('stores.html')).toContain(`mongodb-${name}.index.${index.name}`);
    expect(anchors('rest.html')).toContain('op-submitJob.Idempotency-Key');
    for (const field of Object.keys(contracts.schemas['JobStatus']?.properties ?? {})) {
      expect(anchors('schemas.html')).toContain(`schema-JobStatus.${field}`);
      expect(anchors('stores.html')).toContain(`redis-job_status.${field}`);
    }
    expect(anchors('stores.html')).toContain('mongodb-job_results.completed_at');
    for (const [jobType, { payload, output }] of Object.entries(contracts.jobs)) {
      for (const { name } of payload) expect(anchors('jobs.html')).toContain(`job-${jobType}.payload.${name}`);
      for (const { name } of output) expect(anchors('jobs.html')).toContain(`job-${jobType}.output.${name}`);
    }
  });

  it('what is new in the version that is published, and a heading of each in the search', () => {
    expect(anchors('changelog.html')).toContain(`version-${openapi.info.version}`);
    const index = site.get('search-index.js') ?? '';
    for (const id of Object.keys(OPERATIONS)) expect(index).toContain(`rest.html#op-${id}`);
    for (const code of Object.keys(PROBLEMS)) expect(index).toContain(`index.html#problem-${code}`);
  });
});

describe('the pages', () => {
  it.each([...pages.keys()])('%s leads nowhere that is not there', (file) => {
    const lost = (pages.get(file)?.links ?? []).filter((link) => {
      if (ELSEWHERE.includes(link) || link === 'data:,') return false;
      const [name = '', id] = link.split('#');
      const target = name === '' ? file : name;
      return !site.has(target) || (id !== undefined && !anchors(target).has(id));
    });
    expect(lost).toEqual([]);
  });

  it('need no script, and have neither script nor style of their own, nor anything from another place', () => {
    for (const [file, { elements }] of pages) {
      for (const { name, attributes } of elements) {
        expect(name, file).not.toBe('style');
        expect([...attributes.keys()].filter((one) => one === 'style' || one.startsWith('on'))).toEqual([]);
        if (name === 'script') expect(attributes.get('src')).toBe('search.js');
        if (name === 'link') expect(['style.css', 'data:,']).toContain(attributes.get('href'));
        expect(['img', 'iframe', 'object', 'form']).not.toContain(name);
      }
    }
    expect(site.get('style.css')).not.toMatch(/url\(|@import/);
  });

  it('name the language and the page, and have one heading above all', () => {
    for (const [file, content] of site) {
      if (!file.endsWith('.html')) continue;
      expect(content).toMatch(/^<!doctype html>\n<html lang="en">/);
      expect(content.match(/<h1>/g)).toHaveLength(1);
      expect(content.match(/aria-current="page"/g)).toHaveLength(1);
    }
  });

  it('are the same bytes for the same contracts, in less than a few seconds', async () => {
    const began = performance.now();
    const again = buildSite(await loadContracts(root));
    expect(performance.now() - began).toBeLessThan(10_000);
    expect([...again]).toEqual([...site]);
  });
});

describe('examples', () => {
  const ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(openapi, 'openapi');

  it.each(Object.keys(openapi.components.schemas))('that of %s fits it', (name) => {
    const value = exampleOf({ $ref: `${name}.json` }, contracts.schemas);
    const validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    expect(validate(value), JSON.stringify({ value, errors: validate.errors })).toBe(true);
  });
});

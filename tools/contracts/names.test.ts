import { readdirSync } from 'node:fs';
import path from 'node:path';
import asyncapi from '@dtq/generated/documents/asyncapi.json' with { type: 'json' };
import openapi from '@dtq/generated/documents/openapi.json' with { type: 'json' };
import storage from '@dtq/generated/documents/storage.json' with { type: 'json' };
import { CHANNELS } from '@dtq/generated/messaging/channels.ts';
import { OPERATIONS } from '@dtq/generated/rest/operations.ts';
import { describe, expect, it } from 'vitest';
import { productSources, root } from './sources.ts';

// A name lives in specs/ once: product code takes it from generated/, where a wrong one does not compile. Enum members may
// be literals, for the compiler checks those. A string in the code that spells a name out is a second place for it.

// A provider's client speaks the provider's wire, whose names are not ours; the conformance suite is a test, and spells out.
const ELSEWHERE = ['services/worker/providers/', 'services/backend-conformance/'];
const sources = productSources('services', 'web').filter(
  ({ file }) => !ELSEWHERE.some((folder) => file.startsWith(folder)),
);
const storedFields = await fieldsOfStores();

describe('names of the contracts reach product code through generated/', () => {
  it('topics, queues and what they begin with', () => {
    const addresses = Object.values(CHANNELS).flatMap(({ address }) => (address === null ? [] : [address]));
    expect(addresses.length).toBeGreaterThan(2);
    expect(
      spelledOut(
        (text) =>
          addresses.some((address) => text.includes(address)) ||
          /\bjobs\.[a-z%]/.test(text) ||
          text.includes('progress.check'),
      ),
    ).toEqual([]);
  });

  it('routes', () => {
    // A route of one segment, such as /livez, is told by the whole string; longer ones by what they begin with.
    const paths = Object.values(OPERATIONS).map(({ path }) => path);
    expect(spelledOut((text) => /\/v1(?:\/|$)/.test(text) || paths.some((path) => path === text))).toEqual([]);
  });

  it('keys and channels of Redis, collections of MongoDB', () => {
    const beginnings = Object.values(storage.redis).map(({ key }) => key.split('{')[0] ?? key);
    const collections = Object.values(storage.mongodb).map(({ collection }) => collection);
    const indexes = Object.values(storage.mongodb).flatMap((collection) => collection.indexes.map(({ name }) => name));
    expect(
      spelledOut(
        (text) =>
          beginnings.some((beginning) => text.startsWith(beginning)) || [...collections, ...indexes].includes(text),
      ),
    ).toEqual([]);
  });

  it('fields of messages, documents and hashes', () => {
    const fields = new Set<string>();
    collectFields(openapi, fields);
    collectFields(asyncapi, fields);
    for (const field of storedFields) fields.add(field);
    const members = new Set([...collectMembers(openapi), ...collectMembers(asyncapi)]);
    // One word alone (state, message, payload) is an ordinary word; a name of two cannot be anything else but a member.
    const unmistakable = new Set(
      [...fields].filter((field) => /[_-]/.test(field) && !/^content-type$/.test(field) && !members.has(field)),
    );
    expect(unmistakable.size).toBeGreaterThan(15);
    expect(unmistakable).toContain('leased_until');
    expect(spelledOut((text) => unmistakable.has(text))).toEqual([]);
  });
});

/** The fields of what stands in the stores, some of which no route and no message carries. */
async function fieldsOfStores(): Promise<string[]> {
  const folder = path.join(root, 'generated/storage');
  const modules = await Promise.all(
    readdirSync(folder).map((name) => import(path.join(folder, name)) as Promise<Record<string, object>>),
  );
  return modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) => (name.endsWith('_FIELD') ? Object.keys(value) : [])),
  );
}

function spelledOut(isName: (text: string) => boolean): string[] {
  return sources.flatMap(({ file, strings }) =>
    strings.filter(({ text }) => isName(text)).map(({ text, line }) => `${file}:${line} ${JSON.stringify(text)}`),
  );
}

function collectFields(value: unknown, fields: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectFields(item, fields);
  else if (typeof value === 'object' && value !== null) {
    const { properties } = value as { properties?: object };
    if (typeof properties === 'object' && properties !== null)
      for (const field of Object.keys(properties)) fields.add(field);
    for (const item of Object.values(value)) collectFields(item, fields);
  }
}

/** The members of every enum, which may be literals in the code. */
function collectMembers(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'enum' in value && Array.isArray(value.enum) ? (value.enum as unknown[]) : [];
  return [...own, ...Object.values(value).flatMap(collectMembers)];
}

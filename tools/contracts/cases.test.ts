import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { violations } from '@dtq/core/violations.ts';
import { JOB_TYPE_VALUES } from '@dtq/generated/schemas/enums.ts';
import * as allJobs from '@dtq/generated/validators/strict/all-jobs.js';
import type { ValidationError, Validator } from '@dtq/generated/validators/validator.ts';
import { describe, expect, it } from 'vitest';
import { root } from './sources.ts';

type Validators = Readonly<Record<string, Validator<unknown>>>;
type Invalid = Readonly<Record<string, { pointer: string; instance: unknown }>>;

const strict = await load('strict');
const tolerant = await load('tolerant');
/**
 * What may be of several job types has no tolerant form: a reader picks the type's own. Nor have answers of ours whose
 * alternatives no field tells apart: no store or broker holds one.
 */
const withoutTolerant = new Set([...Object.keys(allJobs), 'JobVerdict', 'SubmitJobsResponse']);
const valid = cases<Record<string, unknown>>('valid');
const invalid = cases<Invalid>('invalid');

async function load(strictness: 'strict' | 'tolerant'): Promise<Validators> {
  const folder = path.join(root, 'generated/validators', strictness);
  const modules = await Promise.all(
    readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => import(path.join(folder, name)) as Promise<Validators>),
  );
  return Object.assign({}, ...modules);
}

function cases<T>(kind: 'valid' | 'invalid'): Map<string, T> {
  const folder = path.join(root, 'specs/cases', kind);
  return new Map(
    readdirSync(folder).map((name) => [
      path.basename(name, '.json'),
      JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T,
    ]),
  );
}

function validator(validators: Validators, type: string): Validator<unknown> {
  const found = validators[type];
  if (found === undefined) throw new Error(`there is no validator for ${type}`);
  return found;
}

describe('every schema has cases', () => {
  const pascal = JOB_TYPE_VALUES.map((jobType) =>
    jobType.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  );
  for (const file of readdirSync(path.join(root, 'specs/schemas'))) {
    const type = path.basename(file, '.json');
    const names = [type, ...pascal.map((prefix) => `${prefix}${type}`)];
    it(type, () => {
      expect(
        names.some((name) => valid.has(name)),
        `specs/cases/valid/${type}.json`,
      ).toBe(true);
      expect(
        names.some((name) => invalid.has(name)),
        `specs/cases/invalid/${type}.json`,
      ).toBe(true);
    });
  }
});

it('every type has a strict form, and a tolerant one where a reader may need it', () => {
  const missing = Object.keys(strict).filter((type) => tolerant[type] === undefined);
  expect(missing.sort()).toEqual([...withoutTolerant].sort());
});

describe('valid cases pass', () => {
  for (const [type, instances] of valid) {
    for (const [name, instance] of Object.entries(instances)) {
      it(`${type}: ${name}`, () => {
        const check = validator(strict, type);
        expect(check(instance), JSON.stringify(check.errors)).toBe(true);
        const before = structuredClone(instance);
        if (withoutTolerant.has(type)) return;
        const lenient = validator(tolerant, type);
        expect(lenient(instance), JSON.stringify(lenient.errors)).toBe(true);
        if (type !== 'JobMessageHeaders') expect(instance).toEqual(before);
      });
    }
  }
});

describe('invalid cases are refused, at the place that is wrong', () => {
  for (const [type, instances] of invalid) {
    for (const [name, { pointer, instance }] of Object.entries(instances)) {
      it(`${type}: ${name}`, () => {
        const check = validator(strict, type);
        expect(check(instance)).toBe(false);
        expect(
          violations(check.errors as readonly ValidationError[], instance).map((violation) => violation.pointer),
        ).toContain(pointer);
      });
    }
  }
});

describe('the tolerant form drops fields it does not know, and is as strict in all else', () => {
  for (const [type, instances] of invalid) {
    for (const [name, { instance }] of withoutTolerant.has(type) ? [] : Object.entries(instances)) {
      it(`${type}: ${name}`, () => {
        const strictCheck = validator(strict, type);
        strictCheck(instance);
        const onlyUnknownFields = (strictCheck.errors ?? []).every(({ keyword }) => keyword === 'additionalProperties');
        const copy = structuredClone(instance);
        const accepted = validator(tolerant, type)(copy);
        if (onlyUnknownFields && !accepted) expect.unreachable(`${type} is refused for an unknown field`);
        if (accepted) {
          expect(onlyUnknownFields || type === 'UnreadableInput' || /Failed/.test(type)).toBe(true);
          expect(validator(strict, type)(copy)).toBe(true);
        }
      });
    }
  }
});

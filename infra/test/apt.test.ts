import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forbidServices, missingPackages } from '../native/apt.ts';

let dir: string;
let policy: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dtq-infra-apt-'));
  policy = join(dir, 'policy-rc.d');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('forbidServices', () => {
  test('forbids while it stands, and leaves nothing where nothing was', () => {
    const restore = forbidServices(policy);
    expect(readFileSync(policy, 'utf8')).toMatch(/exit 101\n$/);
    expect(statSync(policy).mode & 0o111).toBe(0o111);
    restore();
    expect(existsSync(policy)).toBe(false);
  });

  test('puts back what was there', () => {
    writeFileSync(policy, '#!/bin/sh\nexit 0\n');
    forbidServices(policy)();
    expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    expect(existsSync(`${policy}.dtq-saved`)).toBe(false);
  });

  test('mends what a killed run left: with a policy before it, and without', () => {
    writeFileSync(policy, '#!/bin/sh\nexit 0\n');
    forbidServices(policy);
    forbidServices(policy)();
    expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    rmSync(policy);
    forbidServices(policy);
    forbidServices(policy)();
    expect(existsSync(policy)).toBe(false);
  });
});

describe('missingPackages', () => {
  test('names all of them in one line', () => {
    const { message } = missingPackages(['redis-server', 'maven']);
    expect(message).toMatch(/^missing: redis-server maven\b/);
    expect(message).not.toContain('\n');
  });
});

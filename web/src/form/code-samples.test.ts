import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlOf, sdkOf } from './code-samples.ts';

const ORIGIN = 'http://127.0.0.1:8080';
const payload = { city: `L'Aquila "alta" $(id) \\ ü`, units: 'metric' };

describe('curlOf', () => {
  it('hands the body to curl as it is, whatever stands in it', () => {
    const command = curlOf(ORIGIN, { job_type: 'weather', payload, priority: 'high' }, false);
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`;
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
    expect(words.slice(0, 2)).toEqual(['-sS', `${ORIGIN}/v1/jobs`]);
    expect(JSON.parse(words.at(-2) ?? '')).toEqual({ job_type: 'weather', payload, priority: 'high' });
  });
});

describe('sdkOf', () => {
  it('writes the payload as a literal that means the same', () => {
    const code = sdkOf(
      ORIGIN,
      { job_type: 'weather', payload: { ...payload, 'a-b': [1, null, true] }, delay: '5m' },
      false,
    );
    expect(code).toContain("import { createClient } from '@dtq/sdk';");
    const call = /dtq\.submit\((.*)\);/.exec(code)?.[1] ?? '';
    const submitted: unknown = new Function(`return [${call}]`)();
    expect(submitted).toEqual(['weather', { ...payload, 'a-b': [1, null, true] }, { delay: '5m' }]);
  });

  it('leaves plain options out', () => {
    expect(sdkOf(ORIGIN, { job_type: 'quote', payload: {} }, false)).toContain("dtq.submit('quote', {});");
  });
});

describe('with a key', () => {
  const sample = { job_type: 'quote', payload: {} };

  it('curl takes it from the environment of who pastes it', () => {
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${curlOf(ORIGIN, sample, true)}`;
    const env = { PATH: process.env['PATH'], DTQ_API_KEY: 'dtq_billing_x' };
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).split('\0');
    expect(words).toContain('authorization: Bearer dtq_billing_x');
  });

  it('a program does too', () => {
    expect(sdkOf(ORIGIN, sample, true)).toContain(`{ baseUrl: '${ORIGIN}', apiKey: process.env.DTQ_API_KEY }`);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratchProject } from './scratch.ts';

// README, "A new job type in two minutes", in a scratch copy: from nothing to a finished job.

function run(folder: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

const jobNew = (folder: string, ...names: string[]) => run(folder, 'tools/codegen/new-job.ts', ...names);
const typecheck = (folder: string): string =>
  run(folder, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--pretty', 'false').stdout;

/** Starts the copy's own standalone program on a port of its own; ends with the test. */
async function startStandalone(folder: string): Promise<string> {
  const dataDir = path.join(folder, '.dtq');
  const child: ChildProcess = spawn(process.execPath, ['services/standalone/main.ts'], {
    cwd: folder,
    env: {
      ...process.env,
      API_ADDR: '127.0.0.1:0',
      DTQ_DATA_DIR: dataDir,
      PROVIDER_MODE: 'sandbox',
      LOG_FORMAT: 'json',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        child.on('exit', () => resolve());
        if (child.exitCode !== null || !child.kill('SIGKILL')) resolve();
      }),
  );
  return await new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`it ended with ${code}:\n${output}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /dtq listens on (\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

async function getJson(url: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function finish(url: string, job_type: string, payload: object): Promise<Record<string, unknown>> {
  const accepted = await getJson(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ job_type, payload }),
  });
  expect(accepted).toMatchObject({ status: 202, body: { job_type, state: 'queued' } });
  for (;;) {
    const { body } = await getJson(`${url}/v1/jobs/${accepted.body['job_id']}`);
    if ('final_state' in body) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the README promises: "in two minutes". */
const TWO_MINUTES_MS = 120_000;

const REFUSED = [
  { names: ['Tide'], says: /^job:new: "Tide" is not a legal job type: it takes .*, such as exchange_rate\n$/ },
  { names: ['../../x'], says: /^job:new: "\.\.\/\.\.\/x" is not a legal job type: it takes / },
  { names: ['tide-table'], says: /is not a legal job type: it takes / },
  { names: ["x'; process.exit(1); //"], says: /is not a legal job type: it takes / },
  { names: ['a'.repeat(61)], says: /is not a legal job type: it takes .*, at most 60 characters/ },
  { names: [''], says: /^job:new: "" is not a legal job type/ },
  { names: ['delete'], says: /^job:new: "delete" is not a legal job type: the language reserves that word\n$/ },
  { names: ['index'], says: /^job:new: "index" is not a legal job type: generated\/ has a file of that name\n$/ },
  { names: ['weather'], says: /^job:new: specs\/jobs\/weather\.yaml is there already\n$/ },
  { names: [], says: /^job:new: it takes one name: npm run job:new exchange_rate\n$/ },
  { names: ['one', 'two'], says: /^job:new: it takes one name: / },
];

describe('npm run job:new', () => {
  it('from nothing to a finished job, in two minutes', { timeout: TWO_MINUTES_MS }, async () => {
    const scratch = scratchProject();
    const made = jobNew(scratch.folder, 'tide_table');
    expect(made, made.stderr).toMatchObject({ status: 0 });
    expect(made.stdout).toContain('the job type tide_table works as it is');
    expect(typecheck(scratch.folder)).toBe('');

    const url = await startStandalone(scratch.folder);
    expect(await finish(url, 'tide_table', { text: 'Brest' })).toMatchObject({
      job_type: 'tide_table',
      final_state: 'completed',
      input: { text: 'Brest' },
      output: { answer: 'Brest (made up by a stub: the handler is still to be written)' },
      error: null,
    });
    // The types that were there before still are.
    expect(await finish(url, 'weather', { city: 'Austin', units: 'metric' })).toMatchObject({
      final_state: 'completed',
    });
    const refused = await getJson(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ job_type: 'tide_table', payload: { text: '' } }),
    });
    expect(refused).toMatchObject({ status: 400, body: { violations: [{ pointer: '/payload/text' }] } });
  });

  it("from the stub to a job of one's own, in two minutes", { timeout: TWO_MINUTES_MS }, async () => {
    const scratch = scratchProject();
    expect(jobNew(scratch.folder, 'tide_table')).toMatchObject({ status: 0 });
    const spec = 'specs/jobs/tide_table.yaml';
    scratch.edit(
      spec,
      '  required: [answer]\n  properties:\n    answer:',
      '  required: [height_m]\n  properties:\n    height_m:',
    );
    scratch.edit(
      spec,
      '      description: What the job found.\n      type: string\n      minLength: 1\n      maxLength: 500\n      x-dtq-ui: { label: Answer }',
      '      description: How high the water stands.\n      type: number\n      minimum: -20\n      maximum: 20\n      x-dtq-ui: { label: Height, unit: m }',
    );
    scratch.edit(spec, 'output: { answer: hello }', 'output: { height_m: 1.2 }');
    scratch.edit(
      spec,
      '# errors:\n#   thing_not_found:\n#     title: No such thing is known\n#     cause: The provider knows nothing of that name.\n#     cure: Check the spelling.\n#     retryable: false\n',
      'errors:\n  harbour_not_found:\n    title: No such harbour is known\n    cause: The tables do not have it.\n    cure: Check the spelling.\n    retryable: false\n',
    );
    const generated = run(scratch.folder, 'tools/codegen/main.ts');
    expect(generated, generated.stderr).toMatchObject({ status: 0 });

    const handler = 'services/worker/handlers/tide-table.ts';
    expect(typecheck(scratch.folder)).toMatch(/^services\/worker\/handlers\/tide-table\.ts\(\d+,\d+\): error TS/);
    scratch.write(
      handler,
      `import { JobFailure } from '@dtq/core/errors.ts';
import type { JobHandler } from '../handler.ts';

export const tideTable: JobHandler<'tide_table'> = async ({ text }) => {
  if (text !== 'Brest') throw new JobFailure('harbour_not_found', \`no harbour is called \${JSON.stringify(text)}\`);
  return { height_m: 6.9 };
};
`,
    );
    expect(typecheck(scratch.folder)).toBe('');

    const url = await startStandalone(scratch.folder);
    expect(await finish(url, 'tide_table', { text: 'Brest' })).toMatchObject({
      final_state: 'completed',
      output: { height_m: 6.9 },
    });
    expect(await finish(url, 'tide_table', { text: 'Atlantis' })).toMatchObject({
      final_state: 'failed',
      error: { code: 'harbour_not_found', message: 'no harbour is called "Atlantis"' },
      attempts: [{ number: 1, outcome: 'failed' }],
    });
  });

  it('a job type of the longest name, and the titles of all', () => {
    const scratch = scratchProject();
    const name = `a${'_b2'.repeat(19)}`;
    expect(jobNew(scratch.folder, name)).toMatchObject({ status: 0 });
    expect(scratch.read(`specs/jobs/${name}.yaml`)).toMatch(/^title: A( b2){13}$/m);
    expect(typecheck(scratch.folder)).toBe('');
  });

  it('refuses a name that is not legal or taken, as codegen does, and writes nothing', () => {
    const { folder } = scratchProject();
    const written = () =>
      ['specs/jobs', 'services/worker/handlers'].map((part) => readdirSync(path.join(folder, part)));
    const before = written();
    for (const { names, says } of REFUSED) {
      const { status, stderr, stdout } = jobNew(folder, ...names);
      expect({ status, stdout }, names.join(' ')).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(says);
      expect(stderr.split('\n')).toHaveLength(2);
    }
    expect(written()).toEqual(before);
  });

  it('refuses a handler that is there without its spec', () => {
    const scratch = scratchProject();
    scratch.write('services/worker/handlers/tide-table.ts', 'export const tideTable = 1;\n');
    expect(jobNew(scratch.folder, 'tide_table').stderr).toBe(
      'job:new: services/worker/handlers/tide-table.ts is there already\n',
    );
    expect(existsSync(path.join(scratch.folder, 'specs/jobs/tide_table.yaml'))).toBe(false);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { generate } from '../generate.ts';
import { scratchCopy, scratchProject } from './scratch.ts';

describe('what codegen writes', () => {
  it('is the same, byte for byte, in two runs and in another place', async () => {
    const [one, two] = [scratchCopy(), scratchCopy()];
    const first = await generate(one.folder);
    const second = await generate(two.folder);
    expect(Object.fromEntries(second.files)).toEqual(Object.fromEntries(first.files));
    expect([...first.files.values()].join('')).not.toContain(one.folder);
  });

  it('holds texts that try to break out of comments and strings', async () => {
    const scratch = scratchCopy();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what an attacker would write
    const text = 'a */ process.exit(1); /* `${process.exit(1)}` \\" \' \u2028 <script>';
    scratch.edit('specs/openapi.yaml', 'summary: Submit a job', `summary: ${JSON.stringify(text)}`);
    scratch.edit('specs/jobs/weather.yaml', 'summary: Only a city, imperial units', `summary: ${JSON.stringify(text)}`);
    scratch.edit(
      'specs/schemas/JobId.json',
      '"The id of a job, a UUID. dtq makes version 4; any version is well-formed."',
      JSON.stringify(text),
    );
    scratch.edit(
      'specs/asyncapi.yaml',
      'title: Publish a {title} job\n    summary: The API publishes an accepted job.',
      `title: Publish a {title} job\n    summary: ${JSON.stringify(text)}`,
    );
    scratch.edit(
      'specs/storage.yaml',
      'description: The id of each job whose cancel was asked for, as it happens. Whoever works on the job stops.',
      `description: ${JSON.stringify(text)}`,
    );
    scratch.edit(
      'specs/storage.yaml',
      'description: >-\n      What came of an Idempotency-Key. `key` is the hex of an HMAC over the caller and the key, so that neither stands here.',
      `description: ${JSON.stringify(text)}`,
    );
    scratch.edit('specs/lifecycle.yaml', 'message: started', `message: ${JSON.stringify(text)}`);
    const { files } = await generate(scratch.folder);
    for (const [name, code] of files) {
      if (!/\.(?:ts|js)$/.test(name) || name.endsWith('.d.ts')) continue;
      const { diagnostics = [] } = ts.transpileModule(code, {
        reportDiagnostics: true,
        fileName: name,
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      expect(
        diagnostics.map(({ messageText }) => messageText),
        name,
      ).toEqual([]);
      expect(calls(code, name), name).not.toContain('process.exit');
    }
  });

  it('says that generated/ is stale, which spec changed, and the cure', () => {
    const scratch = scratchProject();
    const check = (): { status: number | null; stderr: string } =>
      spawnSync(process.execPath, ['tools/codegen/main.ts', '--check'], { cwd: scratch.folder, encoding: 'utf8' });
    expect(check()).toMatchObject({ status: 0 });
    scratch.edit('specs/jobs/weather.yaml', 'submit: Get the weather', 'submit: Ask for the weather');
    const stale = check();
    expect(stale.status).toBe(1);
    expect(stale.stderr).toContain('generated/ is stale: generated/jobs/weather.ts');
    expect(stale.stderr).toContain('changed since it was made: specs/jobs/weather.yaml\n');
    expect(stale.stderr).toContain('run `npm run codegen` and commit what it writes');
  });
});

/** The functions that a file calls by a dotted name, told by a parser and so blind to comments and strings. */
function calls(code: string, name: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) found.push(node.expression.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, code, ts.ScriptTarget.ES2022, true));
  return found;
}

// Nothing in it is as in the weather type, so that code which fits only one shape of job shows.
const TIDE_TABLE = `job_type: tide_table
title: Tide table
description: When the water is high.
payload:
  type: object
  additionalProperties: false
  required: [harbour]
  properties:
    harbour: { type: string, minLength: 1, maxLength: 50 }
    days: { type: integer, minimum: 1, maximum: 7 }
output:
  type: object
  additionalProperties: false
  required: [tides]
  properties:
    tides:
      type: array
      maxItems: 50
      items:
        type: object
        additionalProperties: false
        required: [at, height_m]
        properties:
          at: { type: string, format: date-time, maxLength: 40 }
          height_m: { type: number }
errors:
  harbour_not_found: { title: No such harbour is known, cause: It is spelled otherwise., cure: Check the spelling., retryable: false }
policy: { timeout: 10s, provider_timeout: 5s, provider_attempts: 2, backoff: { base: 100ms, cap: 1s }, attempts: 5, retry: { base: 2s, cap: 1h }, concurrency: 4 }
ui: { submit: Get the tides, summary: '{harbour}' }
examples:
  - name: bergen
    summary: A harbour
    payload: { harbour: Bergen }
    output: { tides: [{ at: '2026-02-14T15:12:04Z', height_m: 1.2 }] }
`;

describe('TypeScript tells where the code no longer fits the specs', () => {
  const compile = (folder: string): string => {
    const { stdout } = spawnSync(
      process.execPath,
      [path.join(folder, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json', '--pretty', 'false'],
      { cwd: folder, encoding: 'utf8' },
    );
    return stdout;
  };
  const codegen = (folder: string): void => {
    spawnSync(process.execPath, ['tools/codegen/main.ts'], { cwd: folder, encoding: 'utf8' });
  };

  it('a new job type costs one spec file and one handler file; a missing and a wrong handler do not compile', () => {
    const scratch = scratchProject();
    scratch.write('specs/jobs/tide_table.yaml', TIDE_TABLE);
    codegen(scratch.folder);
    expect(compile(scratch.folder)).toMatch(
      /generated\/wiring\/handlers\.ts\(\d+,\d+\): error TS2307: Cannot find module '\.\.\/\.\.\/services\/worker\/handlers\/tide-table\.ts'/,
    );

    scratch.write(
      'services/worker/handlers/tide-table.ts',
      "import type { JobHandler } from '../handler.ts';\n\nexport const tideTable: JobHandler<'tide_table'> = async () => ({ tides: 'high' });\n",
    );
    expect(compile(scratch.folder)).toMatch(/services\/worker\/handlers\/tide-table\.ts\(\d+,\d+\): error TS2322/);

    scratch.write(
      'services/worker/handlers/tide-table.ts',
      "import type { JobHandler } from '../handler.ts';\n\nexport const tideTable: JobHandler<'tide_table'> = async ({ harbour }) => ({ tides: [{ at: '2026-02-14T15:12:04Z', height_m: harbour.length }] });\n",
    );
    codegen(scratch.folder);
    expect(compile(scratch.folder)).toBe('');
    expect(execFileSync(process.execPath, ['tools/codegen/main.ts'], { cwd: scratch.folder, encoding: 'utf8' })).toBe(
      'codegen: generated/ is up to date\n',
    );
  });

  it('an answer that the contract no longer has does not compile', () => {
    const scratch = scratchProject();
    scratch.edit(
      'specs/openapi.yaml',
      '        "202":\n          description: Accepted.\n          headers:\n            Location:\n              description: Where the job\'s',
      '        "201":\n          description: Accepted.\n          headers:\n            Location:\n              description: Where the job\'s',
    );
    codegen(scratch.folder);
    expect(compile(scratch.folder)).toMatch(/services\/api\/\S*submit\S*\.ts\(\d+,\d+\): error TS\d+/);
  });
});

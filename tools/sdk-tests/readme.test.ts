import { EXIT, EXIT_TEXTS } from '@dtq/sdk/cli/exit-codes.ts';
import { describe, expect, it } from 'vitest';
import { startPlatform } from './platform.ts';
import { examples as all, PEERS, readme } from './readme.ts';
import { addPackages, makeStranger } from './stranger.ts';
import { useTarball } from './tarball.ts';

// Every example of the SDK's README, as a reader would try it: in a project of their own, with the tarball installed.

const tarball = useTarball();
const WRITTEN = 'http://127.0.0.1:8080';

describe('the README of the SDK', () => {
  it('has examples that compile and run', { timeout: 180_000 }, async () => {
    const examples = all.filter(({ language }) => language === 'ts');
    expect(examples.length).toBeGreaterThan(5);
    const project = await makeStranger((await tarball()).file);
    addPackages(project, ...Object.values(PEERS), '@types/node', 'undici-types');
    const { url } = await startPlatform();
    const files = examples.map(({ code }, place) => {
      project.write(`example-${place}.ts`, code.replaceAll(WRITTEN, url));
      return `example-${place}.ts`;
    });
    expect(await project.check(files, { types: ['node'] })).toMatchObject({ stdout: '', code: 0 });
    for (const [place, { code, peer }] of examples.entries()) {
      // Those of the brokers run where there are some: tools/sdk-tests/brokers.test.ts.
      if (peer !== undefined) continue;
      const { code: exit, stdout, stderr } = await project.run(process.execPath, [`example-${place}.ts`]);
      expect(exit, `${code}\n${stderr}`).toBe(0);
      expect(stdout, code).not.toBe('');
    }
  });

  it('has commands that work', { timeout: 120_000 }, async () => {
    const lines = all
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split('\n'))
      .filter((line) => line.startsWith('npx dtq '));
    expect(lines.length).toBeGreaterThan(3);
    const project = await makeStranger((await tarball()).file);
    const { url } = await startPlatform();
    for (const line of lines) {
      const { code, stdout, stderr } = await project.run('sh', ['-c', line], { environment: { DTQ_URL: url } });
      expect(code, `${line}\n${stderr}`).toBe(0);
      expect(stdout, line).not.toBe('');
    }
  });

  it('tells every exit code', () => {
    const rows = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_TEXTS[name as keyof typeof EXIT]} |`);
    expect(readme).toContain(rows.join('\n'));
  });
});

import { once } from 'node:events';
import { readSettings } from '@dtq/infra/settings.ts';
import { spawnProgram } from '@dtq/testkit/program.ts';

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  /** The titles of its steps, by whether they passed. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** Runs one of the two programs to its end, as its command does. */
export async function runTool(
  name: 'week1' | 'demo',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const own = { DTQ_INFRA_DIR: readSettings().dir, ...chromium(), ...environment };
  const { child, output } = spawnProgram(`tools/checklist/${name}.ts`, own, args);
  const [code] = (await once(child, 'close')) as [number | null];
  const titles = (mark: string): string[] =>
    [...output().matchAll(new RegExp(`^${mark} \\d+\\. (.+) \\([\\d.]+ s\\)$`, 'gm'))].map(([, title]) =>
      String(title),
    );
  return { code, output: output(), passed: titles('✓'), failed: titles('✗') };
}

function chromium(): Record<string, string> {
  const place = process.env['DTQ_CHROMIUM'];
  return place === undefined ? {} : { DTQ_CHROMIUM: place };
}

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { it } from 'vitest';
import { root } from './sources.ts';

export const ALERTS = path.join(root, 'infra/alerts');

export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** A test that needs Prometheus' own tool. A machine that is there to check must not pass without. */
export const itWithPromtool = it.skipIf(!hasPromtool && process.env['CI'] === undefined);

/** Runs Prometheus' own tool beside the rules. */
export function promtool(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: ALERTS, input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

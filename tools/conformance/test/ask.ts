import { expect } from 'vitest';
import type { Fetch } from '../http.ts';
import { lineOf } from '../reports.ts';
import { type CheckResult, runChecks } from '../run-checks.ts';
import { DEFAULTS, type Settings } from '../settings.ts';
import type { Mutation } from './mutation.ts';

/** Asks one check of a server, through whatever stands between. */
export async function askOne(
  id: string,
  fetch: Fetch,
  mutation: Partial<Mutation>,
  settings: Partial<Settings> = {},
): Promise<CheckResult> {
  const { mutate } = mutation;
  const { checks } = await runChecks({
    ...DEFAULTS,
    api: 'http://dtq.test',
    ...settings,
    ...mutation.settings,
    only: [id],
    fetch: mutate === undefined ? fetch : (request) => mutate(request, fetch),
  });
  const [result] = checks;
  if (checks.length !== 1 || result === undefined) throw new Error(`${id} is ${checks.length} checks`);
  return result;
}

/** Fails unless the kit says of a broken server what is broken. */
export function expectBroken(result: CheckResult, { breaks, says }: Mutation): void {
  expect(result.result, `a server that ${breaks}: ${lineOf(result, true)}`).toBe('broken');
  expect(result.reason).toMatch(says);
}

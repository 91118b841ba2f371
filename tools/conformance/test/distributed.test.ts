import { describeWithStack } from '@dtq/backend-distributed/test/stack.ts';
import { startPlatform } from '@dtq/chaos/platform.ts';
import { expect, it } from 'vitest';
import { lineOf } from '../reports.ts';
import { runChecks } from '../run-checks.ts';
import { settingsOf } from './distributed-server.ts';

describeWithStack('the kit, asked of API and worker processes on real servers', () => {
  it('finds every promise kept, on every wire', { timeout: 300_000 }, async () => {
    const { space, api } = await startPlatform();
    const { checks } = await runChecks({ ...settingsOf(space.environment), api: api.url });
    const other = checks.filter(({ result }) => result !== 'kept').map((result) => lineOf(result, true));
    expect(other).toEqual([]);
    expect(checks.length).toBeGreaterThan(100);
  });
});

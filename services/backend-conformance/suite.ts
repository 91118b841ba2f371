import type { Backend } from '@dtq/core/ports.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendOptions, Space } from './space.ts';

/** What the cases of one backend share. */
export interface Suite {
  readonly patienceMs: number;
  /** The backend that is open now. */
  backend(): Backend;
  space(): Space;
  /** Closes the backend and opens another one over the same stores. */
  reopen(): Promise<Backend>;
  /** Declares a test; one that the backend declared as a difference is skipped, with the reason in its name. */
  test(name: string, run: () => Promise<void>): void;
  /** Declares a test that cannot run for now on any backend. */
  cannotRun(name: string, reason: string): void;
}

/** Declares the cases of one backend around one space, which is made once, since servers cost time. */
export function suiteOf(
  name: string,
  makeSpace: () => Promise<Space>,
  { skip = [], patienceMs = 10_000 }: BackendOptions,
  cases: (suite: Suite) => void,
): void {
  describe(name, () => {
    let space: Space | undefined;
    let backend: Backend | undefined;
    const declared = new Set<string>();
    // A test may wait for several facts, one after the other.
    const timeout = patienceMs * 4;

    beforeAll(async () => {
      space = await makeSpace();
      backend = await space.open();
    }, timeout);

    afterAll(async () => {
      await backend?.close();
      await space?.remove();
    }, timeout);

    const suite: Suite = {
      patienceMs,
      backend: () => opened(backend),
      space: () => opened(space),
      reopen: async () => {
        await opened(backend).close();
        backend = await opened(space).open();
        return backend;
      },
      test: (test, run) => {
        declared.add(test);
        const difference = skip.find((one) => one.test === test);
        if (difference === undefined) it(test, { timeout }, run);
        else it.skip(`${test} (skipped: ${difference.reason})`, () => {});
      },
      cannotRun: (test, reason) => {
        declared.add(test);
        it.skip(`${test} (skipped: ${reason})`, () => {});
      },
    };
    cases(suite);

    it('declares no difference in a test that does not exist', () => {
      expect(skip.filter(({ test }) => !declared.has(test))).toEqual([]);
    });
  });
}

function opened<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the backend did not open');
  return value;
}

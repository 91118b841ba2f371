import type { Violation } from '@dtq/generated/schemas/types.ts';
import { momentOf } from './submit-times.ts';

/** So many a page has that asks for no number (specs/openapi.yaml). */
export const DEFAULT_LIMIT = 50;

/** The times of a filter in ms since 1970, and what its schema cannot find; `at` is where the filter stands, as a pointer. */
export function readSpan(
  { since, until }: { readonly since?: string; readonly until?: string },
  at = '#/query',
): {
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly faults: readonly Violation[];
} {
  const faults: Violation[] = [];
  const read = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const moment = momentOf(text);
    if (moment !== null) return moment;
    faults.push({
      pointer: `${at}/${name}`,
      message: `must be a time that clocks have, not ${JSON.stringify(text)}`,
    });
    return undefined;
  };
  return { since: read('since', since), until: read('until', until), faults };
}

/** What is said of a cursor that no page of this list has given. */
export function cursorFault(cursor: string): Violation {
  return { pointer: '#/query/cursor', message: `must be the next_cursor of a page, not ${JSON.stringify(cursor)}` };
}

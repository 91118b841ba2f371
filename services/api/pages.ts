import { momentOf } from '@dtq/core/submit-times.ts';
import { violationDetails } from '@dtq/core/violations.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';
import { type ProblemAnswer, problem } from './problem.ts';

/** So many a page has that asks for no number (specs/openapi.yaml). */
export const DEFAULT_LIMIT = 50;

/** The times of a list's filter in ms since 1970, and what its schema cannot find. */
export function readSpan({ since, until }: { readonly since?: string; readonly until?: string }): {
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
      pointer: `#/query/${name}`,
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

export function invalid(faults: readonly Violation[]): ProblemAnswer<'invalid_request'> {
  return problem('invalid_request', violationDetails(faults));
}

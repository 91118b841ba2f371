import type { Violation } from '@dtq/generated/schemas/types.ts';
import { iso } from './life.ts';

/** So many a page has that asks for no number (specs/openapi.yaml). */
export const DEFAULT_LIMIT = 50;

/** Where an item stands in a list that is ordered by time and id, the newest first. */
export interface Place {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** A page of a list, from after the place of a cursor. */
export function pageOf<Item>(
  list: readonly Item[],
  placeOf: (item: Item) => Place,
  { limit = DEFAULT_LIMIT, after }: { readonly limit?: number | undefined; readonly after: Place | null },
): Page<Item> {
  const rest = after === null ? list : list.filter((item) => isAfter(placeOf(item), after));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rest.length > limit && last !== undefined ? cursorOf(placeOf(last)) : null };
}

/** The place of a cursor; a fault for a text that no page has given. */
export function readCursor(
  cursor: string | undefined,
  isId: (id: unknown) => boolean,
): { readonly after: Place | null; readonly faults: readonly Violation[] } {
  if (cursor === undefined) return { after: null, faults: [] };
  const message = `must be the next_cursor of a page, not ${JSON.stringify(cursor)}`;
  const faults = [{ pointer: '#/query/cursor', message }];
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(place)) return { after: null, faults };
    const [at, id, ...more] = place as unknown[];
    if (typeof at !== 'number' || typeof id !== 'string' || !isId(id) || more.length > 0)
      return { after: null, faults };
    iso(at);
    return cursorOf({ at, id }) === cursor ? { after: { at, id }, faults: [] } : { after: null, faults };
  } catch {
    return { after: null, faults };
  }
}

function cursorOf({ at, id }: Place): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

function isAfter(place: Place, after: Place): boolean {
  return place.at === after.at ? place.id < after.id : place.at < after.at;
}

import { decodeCursor, encodeCursor } from '@dtq/core/cursor.ts';
import { cursorFault, DEFAULT_LIMIT } from '@dtq/core/list-query.ts';
import type { Violation } from '@dtq/generated/schemas/types.ts';

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
  const [at, id, ...more] = decodeCursor(cursor) ?? [];
  const isPlace = typeof at === 'number' && isMoment(at) && typeof id === 'string' && isId(id) && more.length === 0;
  return isPlace ? { after: { at, id }, faults: [] } : { after: null, faults: [cursorFault(cursor)] };
}

/** Whether a Date can stand for it. */
function isMoment(at: number): boolean {
  return !Number.isNaN(new Date(at).getTime());
}

function cursorOf({ at, id }: Place): string {
  return encodeCursor([at, id]);
}

function isAfter(place: Place, after: Place): boolean {
  return place.at === after.at ? place.id < after.id : place.at < after.at;
}

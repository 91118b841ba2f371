import type { Collection, Document, Filter, Sort } from 'mongodb';

/** Which documents of a collection, in which order. */
export interface Ordered<T extends Document> {
  readonly filter: Filter<T>;
  readonly sort: Sort;
}

/** The condition on a field whose value is a time, or none: from the one bound on, and before the other. */
export function within(since: string | undefined, until: string | undefined): { $gte?: string; $lt?: string } {
  return { ...(since === undefined ? {} : { $gte: since }), ...(until === undefined ? {} : { $lt: until }) };
}

/** What comes behind a document in a list that is ordered by two fields, both falling. */
export function behind(
  first: readonly [field: string, value: string],
  second: readonly [field: string, value: string],
) {
  return {
    $or: [{ [first[0]]: { $lt: first[1] } }, { [first[0]]: first[1], [second[0]]: { $lt: second[1] } }],
  };
}

/**
 * At most so many documents as what they are, without some fields and without the server's own id. `read` gives none for a
 * document that it cannot read; those that come next make up for it. Rejects as the driver does.
 */
export async function readPage<T extends Document, R>(
  collection: Collection<T>,
  { filter, sort }: Ordered<T>,
  { limit, without = [] }: { readonly limit: number; readonly without?: readonly string[] },
  read: (document: Document) => readonly R[],
): Promise<R[]> {
  const projection = Object.fromEntries(['_id', ...without].map((field) => [field, 0]));
  const found: R[] = [];
  for (let seen = 0; found.length < limit; ) {
    const wanted = limit - found.length;
    const page = await collection.find(filter, { projection, sort, skip: seen, limit: wanted }).toArray();
    for (const document of page) found.push(...read(document));
    if (page.length < wanted) break;
    seen += page.length;
  }
  return found;
}

/** A page of something, and where the next one begins. */
interface Page {
  readonly next_cursor: string | null;
}

/** Every item of every page, each page asked for when its first item is needed. */
export async function* itemsOf<P extends Page, Item>(
  ask: (cursor: string | undefined) => Promise<P>,
  items: (page: P) => readonly Item[],
): AsyncGenerator<Item, void, void> {
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    yield* items(page);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

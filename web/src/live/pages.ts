// Lists come in pages. What is shown is read as a whole, so that reading it again shows what is there now, and nothing twice.

export interface Page<T> {
  items: T[];
  next_cursor?: string | null | undefined;
}

/** The first `want` items, and whether there are more. */
export async function upTo<T>(want: number, page: (limit: number, cursor: string | undefined) => Promise<Page<T>>): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const next = await page(Math.min(want - items.length, 200), cursor);
    items.push(...next.items);
    cursor = next.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < want);
  return { items, more: cursor !== undefined };
}

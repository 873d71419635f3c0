import { expect, test } from "vitest";

import { upTo } from "./pages";

test("pages are read until there is enough, or nothing more", async () => {
  const all = Array.from({ length: 450 }, (_, index) => index);
  const asked: number[] = [];
  const page = async (limit: number, cursor: string | undefined): Promise<{ items: number[]; next_cursor: string | null }> => {
    asked.push(limit);
    const from = Number(cursor ?? 0);
    const items = all.slice(from, from + limit);
    return { items, next_cursor: from + limit < all.length ? String(from + limit) : null };
  };
  expect(await upTo(50, page)).toEqual({ items: all.slice(0, 50), more: true });
  expect(await upTo(300, page)).toEqual({ items: all.slice(0, 300), more: true });
  expect(await upTo(1_000, page)).toEqual({ items: all, more: false });
  expect(asked).toEqual([50, 200, 100, 200, 200, 200]);
});

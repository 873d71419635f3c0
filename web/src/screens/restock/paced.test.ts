import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Pager } from "./pager.svelte";
import { paced } from "./paced";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is wanted often is done at once, then at its pace, and a last time after the last wish", () => {
  const done: number[] = [];
  const began = Date.now();
  const want = paced(2_000, () => done.push(Date.now() - began));
  for (let ms = 0; ms < 5_000; ms += 100) {
    want();
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(10_000);
  expect(done).toEqual([0, 2_000, 4_000, 6_000]);
  want();
  want.stop();
  vi.advanceTimersByTime(10_000);
  expect(done).toHaveLength(4);
});

test("pages are gone through forth and back by where they begin", () => {
  const pager = new Pager();
  pager.back();
  expect([pager.cursor, pager.number]).toEqual([undefined, 1]);
  pager.next({ next_cursor: "b" });
  pager.next({ next_cursor: "c" });
  pager.next({ next_cursor: null });
  expect([pager.cursor, pager.number, pager.isFirst]).toEqual(["c", 3, false]);
  pager.back();
  expect(pager.cursor).toBe("b");
  pager.begin();
  expect([pager.cursor, pager.isFirst]).toEqual([undefined, true]);
});

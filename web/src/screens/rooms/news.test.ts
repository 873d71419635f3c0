import { expect, test } from "vitest";

import { News } from "./news.svelte";

test("what was new when one came stays marked, and what comes while one is away is marked anew", () => {
  const news = new News();
  expect([news.first, news.unseen]).toEqual([undefined, Infinity]);
  news.begin(10, 3);
  news.look(10, true);
  news.look(12, true);
  news.begin(12, 0);
  expect([news.first, news.unseen]).toEqual([8, Infinity]);
  news.look(12, false);
  expect([news.first, news.unseen]).toEqual([8, Infinity]);
  news.look(13, false);
  news.look(20, false);
  expect([news.first, news.unseen]).toEqual([13, 13]);
  // Seen, it is still marked for whoever has just come back to it.
  news.look(21, true);
  expect([news.first, news.unseen]).toEqual([13, Infinity]);
  news.look(22, false);
  expect([news.first, news.unseen]).toEqual([22, 22]);
});

test("where all was read, nothing is marked", () => {
  const news = new News();
  news.begin(10, 0);
  news.look(10, false);
  expect([news.first, news.unseen]).toEqual([Infinity, Infinity]);
});

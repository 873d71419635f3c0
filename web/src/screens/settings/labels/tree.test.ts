import { expect, test } from "vitest";

import type { CategoryView } from "../../../api/schema";
import { isAbove, placesFor } from "./tree";

function category(id: string, parent_id: string | null, depth: number): CategoryView {
  return { id, parent_id, depth, name: id } as unknown as CategoryView;
}

const work = category("work", null, 1);
const house = category("house", "work", 2);
const roof = category("roof", "house", 3);
const music = category("music", null, 1);
const all = [music, work, house, roof];

test("a category lies in no part of itself", () => {
  expect(placesFor(house, all).map(({ id }) => id)).toEqual(["music", "work"]);
  expect(placesFor(roof, all).map(({ id }) => id)).toEqual(["music", "work", "house"]);
  expect(placesFor(undefined, all)).toEqual(all);
});

test("nothing lies deeper than there may be, with what lies in it", () => {
  const chain = Array.from({ length: 8 }, (_, index) => category(`c${String(index + 1)}`, index ? `c${String(index)}` : null, index + 1));
  expect(placesFor(undefined, chain).map(({ id }) => id)).not.toContain("c8");
  // `work` brings two more along.
  expect(placesFor(work, [...chain, work, house, roof]).map(({ id }) => id)).toEqual(["c1", "c2", "c3", "c4", "c5"]);
});

test("it is known whether something lies in it", () => {
  expect([isAbove(house, all), isAbove(roof, all), isAbove(music, all)]).toEqual([true, false, false]);
});

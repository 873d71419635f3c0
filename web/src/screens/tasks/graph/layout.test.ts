import { describe, expect, test } from "vitest";

import { type Item, layout } from "./layout";

function items(text: string): Item[] {
  return text.split(" ").map((part) => {
    const [id = "", others] = part.split("<");
    return { id, waitsFor: others ? others.split(",") : [] };
  });
}
function columns(text: string): Record<string, number> {
  return Object.fromEntries(layout(items(text)).places.map(({ id, column }) => [id, column]));
}

/** A graph without circles of any size, the same for the same seed. */
function anyItems(seed: number): Item[] {
  let state = seed * 2_654_435_761;
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return state % below;
  };
  return Array.from({ length: 2 + random(40) }, (_, index) => ({
    id: `t${String(index)}`,
    waitsFor: Array.from({ length: index === 0 ? 0 : random(4) }, () => `t${String(random(index))}`),
  }));
}

describe("the columns", () => {
  test("put each task behind all it waits for", () => {
    expect(columns("a b<a c<b d<a,c")).toEqual({ a: 0, b: 1, c: 2, d: 3 });
    expect(columns("c<b b<a a")).toEqual({ a: 0, b: 1, c: 2 });
  });
  test("leave out what stands alone, what waits for itself and what waits for something unknown", () => {
    expect(columns("a b<a alone self<self lost<gone")).toEqual({ a: 0, b: 1 });
    expect(layout([])).toEqual({ places: [], lines: [], columns: 0, rows: 0 });
  });
  test("end also where tasks wait in a circle", () => {
    expect(Object.keys(columns("a<c b<a c<b")).sort()).toEqual(["a", "b", "c"]);
  });
});

describe("the places", () => {
  test("of a chain are in one row", () => {
    const { places, rows } = layout(items("a b<a c<b"));
    expect(new Set(places.map(({ row }) => row)).size).toBe(1);
    expect(rows).toBe(1);
  });
  test("of lines that could cross are turned so that they do not", () => {
    const { places } = layout(items("a b x<b y<a"));
    const row = Object.fromEntries(places.map(({ id, row }) => [id, row])) as Record<string, number>;
    expect(Math.sign((row["a"] ?? 0) - (row["b"] ?? 0))).toBe(Math.sign((row["y"] ?? 0) - (row["x"] ?? 0)));
  });
  test("of any tasks are apart from each other, every line goes to the right one column at a time, and the drawing is the same again", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const all = anyItems(seed);
      const drawn = layout(all);
      expect(layout(all)).toEqual(drawn);
      for (const column of new Set(drawn.places.map((place) => place.column))) {
        const rows = drawn.places.filter((place) => place.column === column).map(({ row }) => row).sort((one, other) => one - other);
        for (const [index, row] of rows.entries()) {
          expect(row).toBeGreaterThanOrEqual(0.5 - 1e-9);
          expect(row).toBeLessThanOrEqual(drawn.rows - 0.5 + 1e-9);
          if (index > 0) expect(row - (rows[index - 1] ?? 0)).toBeGreaterThanOrEqual(1 - 1e-9);
        }
      }
      const wanted = new Set(all.flatMap(({ id, waitsFor }) => waitsFor.map((other) => `${other} ${id}`)));
      expect(new Set(drawn.lines.map(({ from, to }) => `${from} ${to}`))).toEqual(wanted);
      for (const { points } of drawn.lines) expect(points.map(({ column }) => column)).toEqual(points.map((_, index) => (points[0]?.column ?? 0) + index));
    }
  });
  test("of two thousand tasks are found in a moment", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ id: `t${String(index)}`, waitsFor: index < 20 ? [] : [`t${String(index - 20)}`, `t${String(index - 7)}`] }));
    const began = performance.now();
    expect(layout(many).places.length).toBe(2_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

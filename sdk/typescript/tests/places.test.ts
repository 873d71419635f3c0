import { expect, test } from "vitest";

import { placeIn, step, written } from "../src/places.js";

test("the positions of many streams are one text, in which each finds its own", () => {
  const text = written(new Map([["me", "1-43"], ["rom_a", undefined], ["rom_b", "2-7"]]));
  expect(text).toBe("me@1-43,rom_b@2-7");
  expect(placeIn(text ?? "", "rom_b")).toBe("2-7");
  expect(placeIn(text ?? "", "rom_a")).toBeUndefined();
  expect(written(new Map([["me", undefined]]))).toBeUndefined();
});

test("an event is the next one, one that was seen, or further on", () => {
  for (const [last, next, how] of [
    [undefined, "1-7", "next"],
    ["1-6", "1-7", "next"],
    ["1-9", "1-10", "next"],
    ["1-7", "1-7", "seen"],
    ["1-7", "1-6", "seen"],
    ["1-7", "1-9", "hole"],
    ["1-7", "2-3", "next"],
  ] as const) expect(step(last, next), `${String(last)} ${next}`).toBe(how);
});

import { expect, test } from "vitest";

import { dateIn, rangeOf, step } from "./range";

test("a month is shown in whole weeks, whichever day they begin on", () => {
  expect(rangeOf("month", "2026-11-20", "monday")).toEqual({ from: "2026-10-26", to: "2026-12-07" });
  expect(rangeOf("month", "2026-11-20", "sunday")).toEqual({ from: "2026-11-01", to: "2026-12-06" });
  expect(rangeOf("week", "2026-11-22", "monday")).toEqual({ from: "2026-11-16", to: "2026-11-23" });
  expect(rangeOf("list", "2026-11-22", "sunday")).toEqual({ from: "2026-11-22", to: "2026-11-29" });
  expect(rangeOf("day", "2026-12-31", "monday")).toEqual({ from: "2026-12-31", to: "2027-01-01" });
});

test("a step is a month, a week or a day", () => {
  expect(step("month", "2026-01-31", 1)).toBe("2026-02-28");
  expect(step("week", "2026-11-20", -1)).toBe("2026-11-13");
  expect(step("day", "2026-11-30", 1)).toBe("2026-12-01");
});

test("an address may say anything", () => {
  expect(dateIn("2026-02-28")).toBe("2026-02-28");
  for (const text of ["2026-02-30", "2026-13-01", "tomorrow", "", undefined]) expect(dateIn(text)).toBeUndefined();
});

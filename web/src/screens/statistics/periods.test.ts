import { expect, test } from "vitest";

import { beginOf, isDate, labelOf, scaleOf, step } from "./periods";

test("a period is left for the one before and the one after, across months, years and leap days", () => {
  expect(step("day", "2026-01-01", -1, "monday")).toBe("2025-12-31");
  expect(step("day", "2028-02-28", 1, "monday")).toBe("2028-02-29");
  expect(step("week", "2026-11-20", -1, "monday")).toBe("2026-11-09");
  expect(step("week", "2026-11-20", 0, "sunday")).toBe("2026-11-15");
  expect(step("month", "2026-03-31", -1, "monday")).toBe("2026-02-01");
  expect(step("month", "2026-12-05", 1, "monday")).toBe("2027-01-01");
});

test("a week begins where the profile says", () => {
  expect(["monday", "sunday", "saturday"].map((day) => beginOf("week", "2026-11-20", day))).toEqual(["2026-11-16", "2026-11-15", "2026-11-14"]);
  expect(beginOf("month", "2026-11-20", "monday")).toBe("2026-11-01");
});

test("what is no date in the address is not taken for one", () => {
  expect(["2026-11-20", "2028-02-29"].every(isDate)).toBe(true);
  expect(["2026-02-30", "2026-13-01", "today", "", undefined].some(isDate)).toBe(false);
});

test("the scale has a handful of lines at whole steps and room for the largest value", () => {
  for (const most of [0, 60, 3_600, 4_000, 9_000, 30_000, 86_400, 90_000]) {
    const { top, step } = scaleOf([most]);
    expect(top).toBeGreaterThanOrEqual(most);
    expect(top % step).toBe(0);
    expect(top / step).toBeLessThanOrEqual(6);
    expect(top / step).toBeGreaterThanOrEqual(1);
  }
});

test("under the bars stands what there is room for", () => {
  expect([1, 2, 6, 30, 31].map((day) => labelOf("month", `2026-12-${String(day).padStart(2, "0")}`, 10))).toEqual(["1", undefined, "6", undefined, "31"]);
  expect(labelOf("month", "2026-12-02", 30)).toBe("2");
  expect(labelOf("week", "2026-11-20", 34)).toBe("Fri");
  expect(labelOf("week", "2026-11-20", 90)).toBe("Fri 20 Nov");
});

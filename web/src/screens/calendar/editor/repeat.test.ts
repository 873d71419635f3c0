import { expect, test } from "vitest";

import { type Repeat, isLastOf, nthOf, once, repeatOf, ruleOf } from "./repeat";

// A Friday, the third and not the last of its month.
const FRIDAY = "2026-11-20";

const TABLE: [Repeat, string][] = [
  [once("DAILY"), "FREQ=DAILY"],
  [{ ...once("DAILY"), interval: 3 }, "FREQ=DAILY;INTERVAL=3"],
  [once("WEEKLY"), "FREQ=WEEKLY"],
  [{ ...once("WEEKLY"), interval: 2, days: ["MO", "FR"], end: { kind: "count", times: 10 } }, "FREQ=WEEKLY;INTERVAL=2;COUNT=10;BYDAY=MO,FR"],
  [{ ...once("MONTHLY"), end: { kind: "until", date: "2027-01-31" } }, "FREQ=MONTHLY;UNTIL=20270131"],
  [{ ...once("MONTHLY"), monthly: "nth" }, "FREQ=MONTHLY;BYDAY=3FR"],
  [{ ...once("MONTHLY"), monthly: "last" }, "FREQ=MONTHLY;BYDAY=-1FR"],
  [{ ...once("MONTHLY"), monthly: "lastDay" }, "FREQ=MONTHLY;BYMONTHDAY=-1"],
  [once("YEARLY"), "FREQ=YEARLY"],
];

test("what is chosen becomes a rule, and the rule shows what was chosen", () => {
  for (const [repeat, rule] of TABLE) {
    expect(ruleOf(repeat, FRIDAY)).toBe(rule);
    expect(repeatOf(rule, FRIDAY)).toEqual(repeat);
  }
});

test("days of a week are written in one order, whatever the order they were chosen in", () => {
  expect(ruleOf({ ...once("WEEKLY"), days: ["FR", "MO", "WE"] }, FRIDAY)).toBe("FREQ=WEEKLY;BYDAY=MO,WE,FR");
});

test("a rule that says aloud what the start says anyway is the same to the form", () => {
  expect(repeatOf("rrule:freq=monthly;bymonthday=20", FRIDAY)).toEqual(once("MONTHLY"));
});

test("what the form cannot say stays a text", () => {
  for (const rule of ["FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9,11", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=1", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=YEARLY;BYMONTH=2", "FREQ=DAILY;UNTIL=20261231T150000Z", "every day", ""]) {
    expect(repeatOf(rule, FRIDAY), rule).toBeUndefined();
  }
});

test("weekdays of a month are counted from its first, and known when they are its last", () => {
  expect([nthOf("2026-11-01"), nthOf("2026-11-07"), nthOf("2026-11-08"), nthOf("2026-11-30")]).toEqual([1, 1, 2, 5]);
  expect([isLastOf("2026-11-23"), isLastOf("2026-11-24"), isLastOf("2026-12-25")]).toEqual([false, true, true]);
});

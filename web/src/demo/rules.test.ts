import { describe, expect, test } from "vitest";

import { gaps } from "./conflicts";
import { pageOf, ascending } from "./http";
import { quietUntil } from "./quiet";
import { type Recurrence, names, print, read } from "./recurrence";
import { resolution, resolve } from "./span";
import { bounds } from "./statistics";
import { says } from "./text";
import { wayBack } from "./ways";

const NOW = Date.parse("2026-11-21T00:00:00Z");

function first(count: number, recurrence: Partial<Recurrence> & { rrule: string }, start: string, zone = "Asia/Seoul"): string[] {
  const found: string[] = [];
  for (const name of names({ rdates: [], exdates: [], ...recurrence }, start, zone)) {
    found.push(name);
    if (found.length === count) break;
  }
  return found;
}

describe("a rule", () => {
  test("begins with its start, which counts, also where the rule does not meet it", () => {
    expect(first(9, { rrule: "FREQ=WEEKLY;COUNT=3;BYDAY=MO" }, "2026-11-20T09:00:00")).toEqual(["2026-11-20T09:00:00", "2026-11-23T09:00:00", "2026-11-30T09:00:00"]);
  });
  test("passes over days that do not exist", () => {
    expect(first(3, { rrule: "FREQ=MONTHLY" }, "2026-01-31")).toEqual(["2026-01-31", "2026-03-31", "2026-05-31"]);
    expect(first(3, { rrule: "FREQ=YEARLY" }, "2024-02-29")).toEqual(["2024-02-29", "2028-02-29", "2032-02-29"]);
    expect(first(3, { rrule: "FREQ=MONTHLY;BYMONTHDAY=-1" }, "2026-01-31")).toEqual(["2026-01-31", "2026-02-28", "2026-03-31"]);
  });
  test("ends with its UNTIL, as a date, a wall time or an instant", () => {
    const start = "2026-11-20T09:00:00";
    for (const [until, count] of [["20261122", 3], ["20261122T085959", 2], ["20261122T090000", 3], ["20261122T000000Z", 3], ["20261121T235959Z", 2]] as const) {
      expect(first(9, { rrule: `FREQ=DAILY;UNTIL=${until}` }, start), until).toHaveLength(count);
    }
  });
  test("has dates beside it, each once, and dates taken away after they were counted", () => {
    const recurrence = { rrule: "FREQ=DAILY;COUNT=3", rdates: ["2026-11-19", "2026-11-21", "2026-12-01"], exdates: ["2026-11-20"] };
    expect(first(9, recurrence, "2026-11-20")).toEqual(["2026-11-19", "2026-11-21", "2026-11-22", "2026-12-01"]);
  });
  test("says so where it is more than a demonstration knows", () => {
    for (const rrule of ["FREQ=DAILY;BYHOUR=9", "FREQ=YEARLY;BYDAY=1MO", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=WEEKLY;WKST=SU"]) {
      expect(() => read(rrule), rrule).toThrow(expect.objectContaining({ code: "demo.not_available" }));
    }
    expect(print(read("byday=FR,MO;freq=WEEKLY;interval=1"))).toBe("FREQ=WEEKLY;BYDAY=MO,FR");
  });
});

test("lengths are elapsed time, and what the clocks skip or repeat says so", () => {
  const night = resolve({ all_day: false, zone: "America/New_York", start: "2027-03-14T01:30:00", duration: "PT1H" }, NOW);
  expect(night.end).toBe("2027-03-14T03:30:00");
  expect(resolve({ all_day: true, zone: "Asia/Seoul", start: "2026-12-01" }, NOW).end).toBe("2026-12-02");
  expect(resolution("2027-03-14T02:30:00", "America/New_York")).toBe("gap");
  expect(resolution("2027-11-07T01:30:00", "America/New_York")).toBe("fold");
  expect(resolution("2027-11-07T02:30:00", "America/New_York")).toBe("unique");
});

test("gaps are what nothing covers, and long enough", () => {
  const taken = [{ from: 10, to: 20 }, { from: 12, to: 15 }, { from: 20, to: 30 }, { from: 35, to: 90 }];
  expect(gaps(taken, 0, 100, 1)).toEqual([{ from: 0, to: 10 }, { from: 30, to: 35 }, { from: 90, to: 100 }]);
  expect(gaps(taken, 0, 100, 6)).toEqual([{ from: 0, to: 10 }, { from: 90, to: 100 }]);
  expect(gaps([], 5, 5, 1)).toEqual([]);
});

test("quiet hours go over midnight, begin on their days, and have an end", () => {
  const user = { time_zone: "Asia/Seoul", quiet_hours: { start: "22:00", end: "07:00", days: ["friday"] } };
  const at = (wall: string): number => Date.parse(`${wall}+09:00`);
  expect(quietUntil(user, at("2026-11-20T23:00:00"))).toBe(at("2026-11-21T07:00:00"));
  expect(quietUntil(user, at("2026-11-21T06:59:59"))).toBe(at("2026-11-21T07:00:00"));
  expect(quietUntil(user, at("2026-11-21T07:00:00"))).toBeUndefined();
  expect(quietUntil(user, at("2026-11-21T23:00:00"))).toBeUndefined();
  expect(quietUntil({ ...user, quiet_hours: null }, at("2026-11-20T23:00:00"))).toBeUndefined();
});

test("the way back to where one began is found, if there is one", () => {
  const next = (ways: Record<string, string[]>) => (id: string) => ways[id] ?? [];
  expect(wayBack("a", next({ a: ["b"], b: ["c", "d"], d: ["a"] }))).toEqual(["a", "b", "d"]);
  expect(wayBack("a", next({ a: ["a"] }))).toEqual(["a"]);
  expect(wayBack("a", next({ a: ["b", "c"], b: ["c"], c: ["b"] }))).toBeUndefined();
});

test("words are found by their beginning, and Korean ones by any part", () => {
  for (const [q, found] of [["trav rep", true], ["ravel", false], ["행기", true], ["여행기 초안", true], ["초안 없음", false], ["!", false]] as const) {
    expect(says(q, ["Travel report", "여행기 초안"]), q).toBe(found);
  }
});

test("periods are those of the person's weeks", () => {
  expect(bounds("week", "2026-11-21", "monday")).toEqual(["2026-11-16", "2026-11-23"]);
  expect(bounds("week", "2026-11-22", "sunday")).toEqual(["2026-11-22", "2026-11-29"]);
  expect(bounds("month", "2026-12-31", "monday")).toEqual(["2026-12-01", "2027-01-01"]);
});

test("a page goes on behind the place of the one before, whatever was added or taken away", () => {
  const items = ["a", "c", "e"];
  const page = pageOf(items, { limit: "2" }, (it) => it, ascending);
  expect(page.items).toEqual(["a", "c"]);
  const cursor = page.next_cursor ?? "";
  expect(pageOf(["a", "b", "d", "e"], { limit: "2", cursor }, (it) => it, ascending)).toEqual({ items: ["d", "e"], next_cursor: null });
});

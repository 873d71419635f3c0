import { expect, test } from "vitest";

import type { ScheduleView } from "../../api/schema";
import { fits, gapsOf, nextOf, partsOf, presentOf } from "./day";

const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`);
const iso = (time: string): string => `2026-11-20T${time}:00Z`;

function schedule(title: string, start: string, end: string, state = "NOT_STARTED", all_day = false): ScheduleView {
  return { title, start_at: iso(start), end_at: iso(end), all_day, progress: { state } } as ScheduleView;
}

test("free time begins at the next five minutes, and less than a quarter of an hour is none", () => {
  const free = [
    { start: iso("07:00"), end: iso("09:00") },
    { start: iso("09:30"), end: iso("11:00") },
    { start: iso("11:50"), end: iso("12:00") },
    { start: iso("13:00"), end: iso("14:00") },
  ];
  expect(gapsOf(free, at("10:02"))).toEqual([
    { start: at("10:05"), end: at("11:00") },
    { start: at("13:00"), end: at("14:00") },
  ]);
  expect(gapsOf(free, at("10:50"))).toEqual([{ start: at("13:00"), end: at("14:00") }]);
});

test("the present lies between what is before and what is after it", () => {
  const items = [schedule("Breakfast", "08:00", "08:30"), schedule("Call", "12:00", "13:00"), schedule("Holiday", "00:00", "23:59", "NOT_STARTED", true)];
  const parts = (now: string): string[] => partsOf(items, [{ start: at("09:00"), end: at("11:00") }], at(now)).map((part) => (part.kind === "schedule" ? part.it.title : part.kind));
  expect(parts("08:45")).toEqual(["Breakfast", "now", "gap", "Call"]);
  expect(parts("06:00")).toEqual(["now", "Breakfast", "gap", "Call"]);
  expect(parts("22:00")).toEqual(["Breakfast", "gap", "Call", "now"]);
});

test("what goes on is what is worked on, or what began last; what is done is neither now nor next", () => {
  const items = [schedule("Watch", "08:00", "18:00", "IN_PROGRESS"), schedule("Call", "10:00", "11:00"), schedule("Done", "10:30", "11:30", "COMPLETED"), schedule("Tea", "15:00", "15:30")];
  expect(presentOf(items, at("10:45"))?.title).toBe("Watch");
  expect(presentOf(items.slice(1), at("10:45"))?.title).toBe("Call");
  expect(presentOf(items.slice(1), at("12:00"))).toBeUndefined();
  expect(nextOf(items, at("09:00"))?.title).toBe("Call");
  expect(nextOf(items, at("10:15"))?.title).toBe("Tea");
});

test("a session is as long as it is estimated, no longer than there is room, and never longer than ninety minutes", () => {
  const hours = (n: number) => ({ start: 0, end: n * 3_600_000 });
  expect(fits(hours(2), undefined)).toBe(3_600);
  expect(fits(hours(2), 1_800)).toBe(1_800);
  expect(fits(hours(0.5), 3_600)).toBe(1_800);
  expect(fits(hours(8), 36_000)).toBe(5_400);
});

import { expect, test } from "vitest";

import type { ScheduleView } from "../../../api/schema";
import { forAll } from "../moves";
import { begunAt, changesOf, draftOf, fresh, isOfWhole, newOf, timesOf } from "./draft";

const standUp = {
  id: "sch_1",
  title: "Stand-up",
  description: "",
  location: "Room 2",
  kind: "meeting",
  busy: true,
  category_id: null,
  tags: ["team"],
  all_day: false,
  time_zone: "Asia/Seoul",
  start: "2026-11-16T09:00:00",
  end: "2026-11-16T09:30:00",
  recurrence: { rrule: "FREQ=WEEKLY", rdates: [], exdates: ["2026-12-28T09:00:00"] },
  recurrence_id: "2026-11-16T09:00:00",
  late: { policy: "coalesce", grace: "PT24H" },
  reminders: [{ id: "rem_1", before: "PT10M", relative_to: "start", at: null, critical: false }],
} as unknown as ScheduleView;

test("what was drawn on the board becomes a new schedule", () => {
  const draft = { ...fresh({ start: "2026-11-20T09:00:00", end: "2026-11-20T10:30:00" }, "Asia/Seoul", "PT30M"), title: "Review" };
  expect(newOf(draft)).toMatchObject({ title: "Review", start: "2026-11-20T09:00:00", end: "2026-11-20T10:30:00", time_zone: "Asia/Seoul", all_day: false, reminders: [{ before: "PT30M" }] });
  expect(newOf(draft)).not.toHaveProperty("recurrence");
  expect(timesOf(fresh({ start: "2026-11-20T23:30:00", end: "" }, "Asia/Seoul", "PT0S"))).toEqual({ start: "2026-11-20T23:30:00", end: "2026-11-21T00:30:00" });
});

test("whole days end on the last of them, and with the API on the day behind it", () => {
  const draft = fresh({ start: "2026-11-20", end: "2026-11-23" }, "Asia/Seoul", "PT30M");
  expect([draft.allDay, draft.date, draft.endDate]).toEqual([true, "2026-11-20", "2026-11-22"]);
  expect(timesOf(draft)).toEqual({ start: "2026-11-20", end: "2026-11-23" });
  expect(timesOf(fresh({ start: "2026-11-20", end: "2026-11-20" }, "Asia/Seoul", "PT30M"))).toEqual({ start: "2026-11-20", end: "2026-11-21" });
});

test("another beginning takes the end along", () => {
  const draft = draftOf(standUp);
  expect(timesOf(begunAt(draft, "2026-11-17", "23:45"))).toEqual({ start: "2026-11-17T23:45:00", end: "2026-11-18T00:15:00" });
  // While somebody types, a date may be none.
  expect(begunAt(draft, "", "09:00").endDate).toBe("2026-11-16");
});

test("only what was changed is sent", () => {
  const before = draftOf(standUp);
  expect(changesOf(before, before)).toEqual({});
  expect(changesOf(before, { ...before, title: "Daily", busy: false })).toEqual({ title: "Daily", busy: false });
  expect(changesOf(before, begunAt(before, "2026-11-16", "10:00"))).toEqual({ start: "2026-11-16T10:00:00" });
  expect(changesOf(before, { ...before, endTime: "09:45" })).toEqual({ start: "2026-11-16T09:00:00", end: "2026-11-16T09:45:00" });
  expect(changesOf(before, { ...before, allDay: true })).toEqual({ all_day: true, start: "2026-11-16", end: "2026-11-17" });
});

test("of the whole series, the first occurrence is moved by as many days", () => {
  const before = draftOf(standUp);
  const first = { start: "2026-11-02T09:00:00", end: "2026-11-02T09:30:00" };
  const all = (after: typeof before) => changesOf(before, after, (times) => forAll(first, timesOf(before), times));
  expect(all(begunAt(before, "2026-11-17", "10:00"))).toEqual({ start: "2026-11-03T10:00:00" });
  expect(all({ ...before, endTime: "10:00" })).toEqual({ start: "2026-11-02T09:00:00", end: "2026-11-02T10:00:00" });
});

test("another rule keeps the days that were taken out, and belongs to the whole", () => {
  const before = draftOf(standUp);
  const change = changesOf(before, { ...before, rule: "FREQ=DAILY" });
  expect(change).toEqual({ recurrence: { rrule: "FREQ=DAILY", rdates: [], exdates: ["2026-12-28T09:00:00"] } });
  expect(isOfWhole(change)).toBe(true);
  expect(changesOf(before, { ...before, rule: "" })).toEqual({ recurrence: null });
  expect(isOfWhole({ title: "x" })).toBe(false);
});

test("dates beside the rule come and go with it", () => {
  const before = draftOf(standUp);
  const change = changesOf(before, { ...before, rdates: ["2026-11-18T09:00:00"], exdates: [] });
  expect(change).toEqual({ recurrence: { rrule: "FREQ=WEEKLY", rdates: ["2026-11-18T09:00:00"], exdates: [] } });
  const once = { ...before, rule: "" };
  expect(changesOf(once, { ...once, rdates: ["2026-11-18T09:00:00"] })).toEqual({});
});

test("what is found late is said only where it is not as usual, and belongs to the whole", () => {
  const before = draftOf(standUp);
  const change = changesOf(before, { ...before, late: "skip", grace: 900 });
  expect(change).toEqual({ late: { policy: "skip", grace: "PT15M" } });
  expect(isOfWhole(change)).toBe(true);
  const draft = fresh({ start: "2026-11-20T09:00:00", end: "" }, "Asia/Seoul", "PT30M");
  expect(newOf(draft)).not.toHaveProperty("late");
  expect(newOf({ ...draft, late: "ring" })).toMatchObject({ late: { policy: "ring", grace: "PT24H" } });
});

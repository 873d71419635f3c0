import { expect, test } from "vitest";

import type { ScheduleView } from "../../api/schema";
import { crowded } from "./crowd";

const DAYS = ["2026-11-16", "2026-11-17", "2026-11-18"];

function timed(title: string, start: string, end: string): ScheduleView {
  return { title, all_day: false, start_at: `2026-11-${start}:00Z`, end_at: `2026-11-${end}:00Z` } as ScheduleView;
}

function whole(title: string, start: string, end: string): ScheduleView {
  return { title, all_day: true, start: `2026-11-${start}`, end: `2026-11-${end}`, start_at: "", end_at: "" } as ScheduleView;
}

function lines(items: ScheduleView[], room: number, zone = "UTC"): { shown: string[]; more: Record<string, number> } {
  const { shown, more } = crowded(items, DAYS, zone, room);
  return { shown: shown.map(({ title }) => title), more: Object.fromEntries(more) };
}

test("as many have a line as there is room for, the earliest first, and the others are counted", () => {
  const items = [timed("c", "16T12:00", "16T13:00"), timed("a", "16T08:00", "16T09:00"), timed("b", "16T10:00", "16T11:00"), timed("d", "17T08:00", "17T09:00")];
  expect(lines(items, 2)).toEqual({ shown: ["a", "b", "d"], more: { "2026-11-16": 1 } });
  expect(lines(items, 9)).toEqual({ shown: ["a", "b", "c", "d"], more: {} });
});

test("what takes several days has one line on all of them, or is counted on each", () => {
  const items = [timed("a", "17T08:00", "17T09:00"), whole("fair", "16", "19"), whole("trip", "15", "18"), timed("b", "18T08:00", "18T09:00")];
  expect(lines(items, 2)).toEqual({ shown: ["fair", "trip", "b"], more: { "2026-11-17": 1 } });
  expect(lines(items, 1)).toEqual({ shown: ["fair"], more: { "2026-11-16": 1, "2026-11-17": 2, "2026-11-18": 1 } });
});

test("days begin where they begin in the shown zone, and what ends at midnight is over", () => {
  const night = timed("night", "16T13:00", "16T15:00");
  expect(lines([night], 0, "UTC").more).toEqual({ "2026-11-16": 1 });
  // 22:00 to midnight in Seoul.
  expect(lines([night], 0, "Asia/Seoul").more).toEqual({ "2026-11-16": 1 });
  expect(lines([timed("late", "16T14:00", "16T16:00")], 0, "Asia/Seoul").more).toEqual({ "2026-11-16": 1, "2026-11-17": 1 });
});

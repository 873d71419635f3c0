import { expect, test } from "vitest";

import type { ScheduleView } from "../../api/schema";
import { changeOf, dragged, drawn, forAll, shifted, shown } from "./moves";

const HOUR = 3_600;

function schedule(start: string, end: string, zone: string, instants: [string, string]): ScheduleView {
  return { id: "sch_1", start, end, time_zone: zone, start_at: instants[0], end_at: instants[1], all_day: start.length === 10 } as ScheduleView;
}

test("a wall time moves on the wall, and a date by whole days", () => {
  expect(shifted("2026-11-30T23:30:00", HOUR)).toBe("2026-12-01T00:30:00");
  expect(shifted("2026-11-20T09:30:00", -30 * 60)).toBe("2026-11-20T09:00:00");
  expect(shifted("2026-02-28", 24 * HOUR)).toBe("2026-03-01");
});

test("what is dragged keeps its own zone, wherever it is looked at", () => {
  const call = schedule("2026-11-20T09:00:00", "2026-11-20T10:00:00", "Europe/Paris", ["2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"]);
  expect(dragged(call, 2 * HOUR, "Asia/Seoul")).toEqual({ start: "2026-11-20T11:00:00", end: "2026-11-20T12:00:00" });
  expect(dragged(call, 24 * HOUR, "America/New_York")).toEqual({ start: "2026-11-21T09:00:00", end: "2026-11-21T10:00:00" });
});

test("dragged over a change of clocks it is at the same time of the shown day, and as long as before", () => {
  // New York puts its clocks forward on 8 March 2026; seen from there, noon stays noon.
  const lunch = schedule("2026-03-07T12:00:00", "2026-03-07T13:00:00", "America/New_York", ["2026-03-07T17:00:00Z", "2026-03-07T18:00:00Z"]);
  const times = dragged(lunch, 24 * HOUR, "America/New_York");
  expect(times).toEqual({ start: "2026-03-08T12:00:00", end: "2026-03-08T13:00:00" });
  expect(shown(lunch, times)).toMatchObject({ start_at: "2026-03-08T16:00:00.000Z", end_at: "2026-03-08T17:00:00.000Z" });
  // Through the gap: an hour of work is an hour, whatever the wall says.
  const night = schedule("2026-03-07T01:30:00", "2026-03-07T02:30:00", "America/New_York", ["2026-03-07T06:30:00Z", "2026-03-07T07:30:00Z"]);
  expect(dragged(night, 24 * HOUR, "America/New_York")).toEqual({ start: "2026-03-08T01:30:00", end: "2026-03-08T03:30:00" });
});

test("whole days move by dates, which no zone moves", () => {
  const fair = schedule("2026-11-20", "2026-11-23", "Asia/Seoul", ["2026-11-19T15:00:00Z", "2026-11-22T15:00:00Z"]);
  expect(dragged(fair, 48 * HOUR, "America/New_York")).toEqual({ start: "2026-11-22", end: "2026-11-25" });
  expect(drawn(fair, -24 * HOUR, "America/New_York")).toEqual({ start: "2026-11-20", end: "2026-11-22" });
});

test("drawn longer, only the end is sent; dragged, only the start", () => {
  const call = schedule("2026-11-20T09:00:00", "2026-11-20T10:00:00", "Asia/Seoul", ["2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z"]);
  expect(changeOf(call, drawn(call, HOUR, "Asia/Seoul"))).toEqual({ end: "2026-11-20T11:00:00" });
  expect(changeOf(call, dragged(call, HOUR, "Asia/Seoul"))).toEqual({ start: "2026-11-20T10:00:00" });
});

test("all of a series goes along by as many days, and to the same time of day", () => {
  const first = { start: "2026-11-02T09:00:00", end: "2026-11-02T09:30:00" };
  const third = { start: "2026-11-16T09:00:00", end: "2026-11-16T09:30:00" };
  expect(forAll(first, third, { start: "2026-11-17T10:00:00", end: "2026-11-17T10:45:00" })).toEqual({ start: "2026-11-03T10:00:00", end: "2026-11-03T10:45:00" });
  expect(forAll(first, third, { start: "2026-11-16T23:30:00", end: "2026-11-17T00:30:00" })).toEqual({ start: "2026-11-02T23:30:00", end: "2026-11-03T00:30:00" });
  expect(forAll(first, third, { start: "2026-11-16", end: "2026-11-18" })).toEqual({ start: "2026-11-02", end: "2026-11-04" });
});

import { describe, expect, test } from "vitest";

import type { ScheduleView } from "../../api/schema";
import { isOnlyTicked, sameItem, sessionToBegin, shareOf, shownOf, workedOf } from "./work";

const NOON = Date.parse("2026-11-20T12:00:00Z");

function item(id: string, state: string, since: string | null, worked_seconds = 0, start_at = "2026-11-20T11:00:00Z", end_at = "2026-11-20T12:30:00Z"): ScheduleView {
  return { id, start_at, end_at, all_day: false, progress: { state, since, worked_seconds, run: 1 } } as unknown as ScheduleView;
}

describe("the clock of the player", () => {
  test("adds the stretch that goes on to those that are finished", () => {
    expect(workedOf(item("a", "IN_PROGRESS", "2026-11-20T11:50:00Z", 300), NOON)).toBe(900);
    expect(workedOf(item("a", "SUSPENDED", "2026-11-20T11:50:00Z", 300), NOON)).toBe(300);
  });
  test("never runs backwards where the server's clock is a little ahead", () => {
    expect(workedOf(item("a", "IN_PROGRESS", "2026-11-20T12:00:01Z", 300), NOON)).toBe(300);
  });
  test("shows the share of what was planned, and none of whole days", () => {
    expect(shareOf(item("a", "SUSPENDED", null, 2_700), NOON)).toBe(0.5);
    expect(shareOf(item("a", "SUSPENDED", null, 9_999_999), NOON)).toBe(1);
    expect(shareOf({ ...item("a", "SUSPENDED", null, 10), all_day: true }, NOON)).toBeUndefined();
  });
});

describe("what the player shows", () => {
  test("is what is in progress, else what was laid aside last, else nothing", () => {
    const [older, newer] = [item("older", "SUSPENDED", "2026-11-20T09:00:00Z"), item("newer", "SUSPENDED", "2026-11-20T10:00:00Z")];
    expect(shownOf([item("now", "IN_PROGRESS", "2026-11-20T11:50:00Z")], [older, newer], NOON)?.id).toBe("now");
    expect(shownOf([], [older, newer], NOON)?.id).toBe("newer");
    expect(shownOf([], [item("long ago", "SUSPENDED", "2026-11-19T10:00:00Z")], NOON)).toBeUndefined();
    expect(shownOf([], [], NOON)).toBeUndefined();
  });
  test("tells the occurrences of a series from each other", () => {
    expect(sameItem({ id: "a" }, { id: "a", recurrence_id: null })).toBe(true);
    expect(sameItem({ id: "a", recurrence_id: "2026-11-20T09:00:00" }, { id: "a", recurrence_id: "2026-11-21T09:00:00" })).toBe(false);
  });
});

describe("beginning a task", () => {
  test("goes on with what was laid aside before it takes the session of the hour, and leaves those of other days alone", () => {
    const hour = item("hour", "NOT_STARTED", null);
    const tomorrow = item("tomorrow", "NOT_STARTED", null, 0, "2026-11-21T11:00:00Z", "2026-11-21T12:00:00Z");
    const done = item("done", "COMPLETED", null);
    expect(sessionToBegin([done, hour, tomorrow, item("aside", "SUSPENDED", null)], NOON)?.id).toBe("aside");
    expect(sessionToBegin([done, tomorrow, hour], NOON)?.id).toBe("hour");
    expect(sessionToBegin([done, tomorrow], NOON)).toBeUndefined();
  });
});

describe("completing", () => {
  test("is undone by taking back only where nothing was worked: that would be lost", () => {
    const [fresh, ticked] = [item("a", "NOT_STARTED", null), item("a", "COMPLETED", null)];
    expect(isOnlyTicked(fresh, ticked)).toBe(true);
    expect(isOnlyTicked(item("a", "IN_PROGRESS", "2026-11-20T11:50:00Z"), item("a", "COMPLETED", null, 600))).toBe(false);
    expect(isOnlyTicked(item("a", "SUSPENDED", null), ticked)).toBe(false);
    // It was begun on another device, and the list has not heard of it yet.
    expect(isOnlyTicked(fresh, item("a", "COMPLETED", null, 600))).toBe(false);
  });
});

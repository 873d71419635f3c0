import { expect, test } from "vitest";

import type { NotificationView } from "../../api/schema";
import { aboutOf, rungOf, subjectOf } from "./reminder";

function notification(type: string, body: string, data: object): NotificationView {
  return { id: "ntf_1", type, title: "T", body, data: data as Record<string, never>, created_at: "2026-11-20T00:00:00Z" };
}

test("the instant of a reminder is told apart from what else is said of it", () => {
  const data = { start_at: "2026-11-20T00:30:00Z" };
  expect(aboutOf(notification("reminder", "Starts 2026-11-20 at 09:30 (Asia/Seoul)", data))).toEqual({ start: data.start_at, rest: "" });
  expect(aboutOf(notification("reminder", "2026-11-20 09:30 시작 (Asia/Seoul) · 강남 · 3층 · 놓친 알림 2건 더", data))).toEqual({ start: data.start_at, rest: "강남 · 3층 · 놓친 알림 2건 더" });
  expect(aboutOf(notification("reminder", "2026-11-20, all day · Hall", data))).toEqual({ start: undefined, rest: "2026-11-20, all day · Hall" });
  expect(aboutOf(notification("security", "A device signed in at 09:30", {}))).toEqual({ start: undefined, rest: "A device signed in at 09:30" });
});

test("an alarm can be snoozed, and says when it was due if that was not now", () => {
  const due_at = "2026-11-20T00:00:00Z";
  expect(rungOf(notification("reminder", "", { reminder_id: "alm_1", due_at, late_by_ms: 12 }))).toEqual({ reminder: "alm_1", due: undefined });
  expect(rungOf(notification("task.overdue", "", { reminder_id: "alm_1", due_at, late_by_ms: 60_000 }))).toEqual({ reminder: "alm_1", due: due_at });
  expect(rungOf(notification("security", "", {}))).toBeUndefined();
});

test("a notification leads to what it is about, on the day it has in the shown zone", () => {
  const data = { schedule_id: "sch_1", occurrence: "2026-11-20T00:30:00", start_at: "2026-11-19T15:30:00Z", task_id: "tsk_1" };
  expect(subjectOf(notification("reminder", "", data), "Asia/Seoul")?.address).toBe("/calendar/week/2026-11-20?schedule=sch_1");
  expect(subjectOf(notification("reminder", "", data), "Europe/Berlin")?.address).toBe("/calendar/week/2026-11-19?schedule=sch_1");
  expect(subjectOf(notification("task.overdue", "", { task_id: "tsk_1" }), "Asia/Seoul")).toEqual({ address: "/tasks/tsk_1" });
  expect(subjectOf(notification("mention", "", { room_id: "rom_1", comment_id: "cmt_1" }), "Asia/Seoul")).toEqual({ address: "/rooms/rom_1" });
  expect(subjectOf(notification("security", "", {}), "Asia/Seoul")).toBeUndefined();
});

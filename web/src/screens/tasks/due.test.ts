import { expect, test } from "vitest";

import type { TaskView } from "../../api/schema";
import { daysLeft, nearness } from "./due";

const ZONE = "Asia/Seoul";
/** Half past midnight on Saturday in Seoul, Friday afternoon in London. */
const NOW = Date.parse("2026-11-20T15:30:00Z");

function due(deadline: string | null, deadline_at: string | null, state = "OPEN"): TaskView {
  return { deadline, deadline_at, state, time_zone: ZONE, overdue: false } as unknown as TaskView;
}

test("days are counted in the shown zone, of a date as it is written and of a time where it lies", () => {
  expect(daysLeft(due("2026-11-21", "2026-11-21T15:00:00Z"), NOW, ZONE)).toBe(0);
  expect(daysLeft(due("2026-11-20", "2026-11-20T15:00:00Z"), NOW, ZONE)).toBe(-1);
  expect(daysLeft(due("2026-11-20T18:00:00", "2026-11-20T18:00:00Z"), NOW, ZONE)).toBe(0);
  expect(daysLeft(due("2026-11-20T18:00:00", "2026-11-20T18:00:00Z"), NOW, "Europe/London")).toBe(0);
  expect(daysLeft(due(null, null), NOW, ZONE)).toBeUndefined();
});

test("a deadline is past by the instant, not by the day, and only of what is still to be done", () => {
  const anHourAgo = due("2026-11-20T23:30:00", "2026-11-20T14:30:00Z");
  expect(nearness(anHourAgo, NOW, ZONE)).toBe("past");
  expect(nearness({ ...anHourAgo, state: "COMPLETED" }, NOW, ZONE)).not.toBe("past");
  expect(nearness(due("2026-11-21", "2026-11-21T15:00:00Z"), NOW, ZONE)).toBe("today");
  expect(nearness(due("2026-11-24", "2026-11-24T15:00:00Z"), NOW, ZONE)).toBe("soon");
  expect(nearness(due("2026-11-25", "2026-11-25T15:00:00Z"), NOW, ZONE)).toBe("later");
  expect(nearness(due(null, null), NOW, ZONE)).toBe("later");
});

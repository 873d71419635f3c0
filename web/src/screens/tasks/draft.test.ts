import { describe, expect, test } from "vitest";

import type { TaskView } from "../../api/schema";
import { changeOf, draftOf, estimateOf, newTask, withTag } from "./draft";

const ZONE = "Asia/Seoul";
const blank = () => draftOf(undefined, "2026-11-20", ZONE);
const task: TaskView = {
  id: "tsk_1",
  title: "Report",
  description: "",
  state: "OPEN",
  ready: true,
  deadline: "2026-11-27T18:00:00",
  time_zone: "America/St_Johns",
  deadline_at: "2026-11-27T21:30:00Z",
  overdue: false,
  importance: 7,
  difficulty: 8,
  estimate: "PT2H30M",
  depends_on: ["tsk_b", "tsk_a"],
  blocked_by: [],
  category_id: "cat_1",
  tags: ["deep work"],
  reminders: [
    { id: "rem_1", before: "PT2H", relative_to: "deadline", critical: false },
    { id: "rem_2", at: "2026-11-26T00:00:00Z", critical: true },
  ],
  remind_overdue: true,
  version: 3,
  created_at: "2026-11-20T00:00:00Z",
  updated_at: "2026-11-20T00:00:00Z",
};

describe("a new task", () => {
  test("sends what was said and leaves the rest to the server", () => {
    expect(newTask({ ...blank(), title: "Call" }, ZONE)).toEqual({ title: "Call", importance: 5, difficulty: 3 });
  });
  test("is due at the end of a day, or at a wall time in its own zone", () => {
    expect(newTask({ ...blank(), title: "Call", due: "date", date: "2026-11-27" }, ZONE)).toMatchObject({ deadline: "2026-11-27", time_zone: ZONE });
    expect(newTask({ ...blank(), title: "Call", due: "time", date: "2026-11-27", time: "09:30", zone: "Europe/Paris" }, ZONE)).toMatchObject({
      deadline: "2026-11-27T09:30:00",
      time_zone: "Europe/Paris",
    });
  });
  test("without a deadline has no reminders, whatever was typed before the deadline was taken away", () => {
    const typed = { ...blank(), title: "Call", usual: false, rings: [{ kind: "before", seconds: 600, at: "", critical: false } as const] };
    expect(newTask(typed, ZONE)).not.toHaveProperty("reminders");
    expect(newTask({ ...typed, due: "date" }, ZONE).reminders).toEqual([{ before: "PT10M" }]);
    expect(newTask({ ...typed, due: "date", rings: [] }, ZONE).reminders).toEqual([]);
  });
  test("takes an estimate of hours, of minutes, or none", () => {
    expect(estimateOf({ ...blank(), hours: 1, minutes: 90 })).toBe("PT2H30M");
    expect(estimateOf({ ...blank(), minutes: 45 })).toBe("PT45M");
    expect(estimateOf({ ...blank(), hours: 0, minutes: 0 })).toBeNull();
  });
});

describe("a change", () => {
  test("of nothing is nothing, through all fields", () => {
    const draft = draftOf(task, "2026-11-20", ZONE);
    expect(changeOf(draft, structuredClone(draft), ZONE)).toEqual({});
    expect(changeOf(draft, { ...draft, depends: ["tsk_a", "tsk_b"] }, ZONE)).toEqual({});
  });
  test("names what was touched alone, and null for what was taken away", () => {
    const draft = draftOf(task, "2026-11-20", ZONE);
    expect(changeOf(draft, { ...draft, hours: undefined, minutes: undefined, category: "", due: "never" }, ZONE)).toEqual({ estimate: null, category_id: null, deadline: null });
    expect(changeOf(draft, { ...draft, time: "19:00" }, ZONE)).toEqual({ deadline: "2026-11-27T19:00:00", time_zone: "America/St_Johns" });
  });
  test("of one reminder sends all of them, those at an instant in the shown zone", () => {
    const draft = draftOf(task, "2026-11-20", ZONE);
    const [first, second] = draft.rings;
    expect(second?.at).toBe("2026-11-26T09:00");
    expect(changeOf(draft, { ...draft, rings: [{ ...first!, seconds: 3_600 }, second!] }, ZONE)).toEqual({
      reminders: [{ before: "PT1H" }, { at: "2026-11-26T00:00:00.000Z", critical: true }],
    });
  });
});

test("a tag is there once, in whatever case it is typed", () => {
  expect(withTag(["Work"], " wORK ")).toEqual(["Work"]);
  expect(withTag(["Work"], "집중")).toEqual(["Work", "집중"]);
  expect(withTag(["Work"], "  ")).toEqual(["Work"]);
});

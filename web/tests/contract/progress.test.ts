import { expect, test } from "vitest";

import type { HabitsView, ScheduleView, StatisticsView } from "../../src/api/schema";
import { type Party, counterpart, members, on, wall } from "./counterpart";

const contract = counterpart();
const ACTIONS = ["start", "suspend", "complete", "cancel"] as const;
type Action = (typeof ACTIONS)[number];

/** The table of docs/progress.md: where each action leads; nothing where it is refused. */
const TABLE: Record<string, Partial<Record<Action, string>>> = {
  NOT_STARTED: { start: "IN_PROGRESS", complete: "COMPLETED", cancel: "NOT_STARTED" },
  IN_PROGRESS: { start: "IN_PROGRESS", suspend: "SUSPENDED", complete: "COMPLETED", cancel: "NOT_STARTED" },
  SUSPENDED: { start: "IN_PROGRESS", suspend: "SUSPENDED", complete: "COMPLETED", cancel: "NOT_STARTED" },
  COMPLETED: { complete: "COMPLETED", cancel: "NOT_STARTED" },
};
const WAYS: Record<string, Action[]> = { NOT_STARTED: [], IN_PROGRESS: ["start"], SUSPENDED: ["start", "suspend"], COMPLETED: ["complete"] };

async function made(ada: Party, more: object = {}): Promise<string> {
  return (await ada.must<ScheduleView>(201, "POST", "schedules?on_conflict=allow", { title: "Work", start: on(0, "09:00"), duration: "PT1H", ...more })).id;
}

test("every action from every state leads where the table says, or is refused with what is possible", async () => {
  const ada = await contract.somebody();
  for (const [state, moves] of Object.entries(TABLE)) {
    for (const action of ACTIONS) {
      const id = await made(ada);
      for (const step of WAYS[state] ?? []) await ada.must(200, "POST", `schedules/${id}/${step}`, {});
      const next = moves[action];
      if (next) {
        const after = await ada.must<ScheduleView>(200, "POST", `schedules/${id}/${action}`, {});
        expect(after.progress.state, `${action} from ${state}`).toBe(next);
        if (next === state) expect(after.version).toBe((WAYS[state]?.length ?? 0) + 1);
      } else {
        const refused = await ada.refused(409, "schedule.illegal_transition", "POST", `schedules/${id}/${action}`, {});
        expect(refused).toMatchObject({ state, allowed: Object.keys(moves).filter((other) => moves[other as Action] !== state) });
      }
      await ada.must(200, "POST", `schedules/${id}/cancel`, {});
    }
  }
});

test("one thing is in progress at a time, and cannot be deleted", async () => {
  const ada = await contract.somebody();
  const [first, second] = [await made(ada), await made(ada)];
  const begun = await ada.must<ScheduleView>(200, "POST", `schedules/${first}/start`, {});
  expect(Object.keys(begun.progress).sort()).toEqual(members("ProgressView"));
  expect(begun.progress).toMatchObject({ run: 1, worked_seconds: 0 });
  const refused = await ada.refused(409, "schedule.another_running", "POST", `schedules/${second}/start`, {});
  expect(refused["running"]).toMatchObject({ schedule_id: first });
  await ada.refused(409, "schedule.running", "DELETE", `schedules/${first}`);
  await ada.must(200, "POST", `schedules/${second}/start?auto_suspend=true`, {});
  const list = async (state: string): Promise<string[]> => (await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?progress=${state}`)).items.map(({ id }) => id);
  expect([await list("IN_PROGRESS"), await list("SUSPENDED")]).toEqual([[second], [first]]);
});

test("each occurrence of a series has a progress of its own", async () => {
  const ada = await contract.somebody();
  const id = await made(ada, { recurrence: { rrule: "FREQ=DAILY;COUNT=3" } });
  const { errors } = await ada.refused(422, "schedule.invalid", "POST", `schedules/${id}/start`, {});
  expect(errors?.[0]?.pointer).toBe("/recurrence_id");
  await ada.refused(404, "schedule.not_an_occurrence", "POST", `schedules/${id}/start`, { recurrence_id: on(5, "09:00") });
  const done = await ada.must<ScheduleView>(200, "POST", `schedules/${id}/complete`, { recurrence_id: on(1, "09:00") });
  expect(done).toMatchObject({ recurrence_id: on(1, "09:00"), progress: { state: "COMPLETED", run: 1 } });
  const { items } = await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?from=${on(0)}&to=${on(4)}`);
  expect(items.map(({ progress }) => progress.state)).toEqual(["NOT_STARTED", "COMPLETED", "NOT_STARTED"]);
  // What is done stays as a date beside the rule where that has no place for it any more.
  const changed = await ada.must<ScheduleView>(200, "PATCH", `schedules/${id}`, { recurrence: { rrule: "FREQ=WEEKLY;COUNT=2" } }, { "if-match": "*" });
  expect(changed.recurrence).toEqual({ rrule: "FREQ=WEEKLY;COUNT=2", rdates: [on(1, "09:00")], exdates: [] });
});

test("statistics count seconds really worked, and nothing that was taken back", async () => {
  const ada = await contract.somebody();
  const ago = (seconds: number): string => new Date(Math.floor(Date.now() / 1_000) * 1_000 - seconds * 1_000).toISOString().replace(".000", "");
  const [kept, voided] = [await made(ada, { kind: "deep", tags: ["focus"] }), await made(ada)];
  await ada.must(200, "POST", `schedules/${voided}/start`, { at: ago(250) });
  await ada.must(200, "POST", `schedules/${voided}/cancel`, { at: ago(200) });
  await ada.must(200, "POST", `schedules/${kept}/start`, { at: ago(180) });
  await ada.must(200, "POST", `schedules/${kept}/suspend`, { at: ago(120) });
  const done = await ada.must<ScheduleView>(200, "POST", `schedules/${kept}/complete`, { at: ago(60) });
  expect(done.progress.worked_seconds).toBe(60);
  const { errors } = await ada.refused(422, "schedule.invalid", "POST", `schedules/${voided}/start`, { at: ago(900) });
  expect(errors?.[0]?.pointer).toBe("/at");
  await ada.must(200, "PATCH", "users/me", { daily_goal_seconds: 30 }, { "if-match": "*" });
  for (const [group_by, key, name] of [["kind", "deep", "deep"], ["tag", expect.any(String), "focus"], ["category", null, null]] as const) {
    const said = await ada.must<StatisticsView>(200, "GET", `statistics?period=month&group_by=${group_by}`);
    expect(Object.keys(said).sort()).toEqual(members("StatisticsView"));
    // At midnight of the first of a month this could be two periods.
    expect(said.worked_seconds + said.previous.worked_seconds).toBe(60);
    if (said.completed === 1) expect(said.groups).toEqual([{ key, name, worked_seconds: 60, completed: 1 }]);
    expect(said.goal?.daily_seconds).toBe(30);
    expect(said.days.reduce((sum, day) => sum + day.worked_seconds, 0)).toBe(said.worked_seconds);
  }
  await ada.refused(422, "query.invalid", "GET", "statistics?period=year");
});

test("habits are the hours in which was worked, until they are forgotten", async () => {
  const ada = await contract.somebody();
  const id = await made(ada);
  const at = (seconds: number): string => new Date(Math.floor(Date.now() / 1_000 - seconds) * 1_000).toISOString();
  await ada.must(200, "POST", `schedules/${id}/start`, { at: at(200) });
  await ada.must(200, "POST", `schedules/${id}/complete`, { at: at(80) });
  const learned = await ada.must<HabitsView>(200, "GET", "habits");
  expect(Object.keys(learned).sort()).toEqual(members("HabitsView"));
  expect(learned).toMatchObject({ time_zone: "Asia/Seoul" });
  expect(learned.hours).toHaveLength(168);
  const worked = learned.hours.reduce((sum, seconds) => sum + seconds, 0);
  expect(Math.abs(worked - 120)).toBeLessThanOrEqual(1);
  await ada.must(204, "DELETE", "habits");
  expect((await ada.must<HabitsView>(200, "GET", "habits")).hours.every((seconds) => seconds === 0)).toBe(true);
});

test("beginning silences what waits, and taking it back arms it again", async () => {
  const ada = await contract.somebody();
  const id = await made(ada, { start: wall(600), reminders: [{ before: "PT5M" }] });
  const states = async (): Promise<string[]> => {
    const range = `from=${new Date().toISOString()}&to=${new Date(Date.now() + 86_400_000).toISOString()}`;
    return (await ada.must<{ items: { state: string; reason: string | null }[] }>(200, "GET", `reminders?${range}`)).items.map(({ state, reason }) => `${state} ${reason ?? ""}`.trim());
  };
  expect(await states()).toEqual(["PENDING"]);
  await ada.must(200, "POST", `schedules/${id}/start`, {});
  expect(await states()).toEqual(["CANCELLED started"]);
  await ada.must(200, "POST", `schedules/${id}/cancel`, {});
  expect((await states()).sort()).toEqual(["CANCELLED started", "PENDING"]);
});

import { expect, test } from "vitest";

import type { NotificationView, ScheduleView, SplitView, SuggestionsView, TaskView } from "../../src/api/schema";
import { MONDAY, type Party, counterpart, members, on, wall } from "./counterpart";

const contract = counterpart();

async function task(ada: Party, title: string, more: object = {}): Promise<TaskView> {
  return ada.must(201, "POST", "tasks", { title, ...more });
}

async function titles(ada: Party, query = ""): Promise<string[]> {
  return (await ada.must<{ items: TaskView[] }>(200, "GET", `tasks?${query}`)).items.map(({ title }) => title);
}

test("a task is answered with all of its members, and a deadline that is a date ends with that day", async () => {
  const ada = await contract.somebody();
  const made = await ada.ask<TaskView>("POST", "tasks", { title: "Report", deadline: MONDAY, estimate: "PT90M", tags: ["b", "A"] });
  expect([made.status, made.headers.get("etag")]).toEqual([201, '"1"']);
  expect(Object.keys(made.body).sort()).toEqual(members("TaskView"));
  expect(made.body).toMatchObject({ state: "OPEN", ready: true, overdue: false, deadline: MONDAY, deadline_at: `${MONDAY}T15:00:00Z`, deadline_resolution: "unique", time_zone: "Asia/Seoul" });
  expect(made.body).toMatchObject({ importance: 5, difficulty: 3, tags: ["A", "b"], depends_on: [], blocked_by: [], remind_overdue: true, version: 1 });
  expect(made.body.reminders.map(({ id: _, ...rest }) => rest)).toEqual([{ before: "PT30M", relative_to: "deadline", critical: false }]);
  expect(await ada.must(200, "GET", `tasks/${made.body.id}`)).toEqual(made.body);
  expect(await task(ada, "Whenever")).toMatchObject({ deadline: null, deadline_at: null, deadline_resolution: null, time_zone: null, reminders: [] });
});

test("what is wrong is refused at its field", async () => {
  const ada = await contract.somebody();
  for (const [body, pointer] of [
    [{ title: " " }, "/title"],
    [{ title: "a", importance: 10 }, "/importance"],
    [{ title: "a", difficulty: 4 }, "/difficulty"],
    [{ title: "a", estimate: "PT0S" }, "/estimate"],
    [{ title: "a", reminders: [{ before: "PT1H" }] }, "/reminders"],
    [{ title: "a", deadline: MONDAY, reminders: [{ before: "PT0S" }] }, "/reminders/0/before"],
    [{ title: "a", depends_on: ["tsk_01jd2n9w3fkz8q4v6x0c5b7m1t"] }, "/depends_on"],
  ] as const) {
    const { errors } = await ada.refused(422, "task.invalid", "POST", "tasks", body);
    expect(errors?.map((error) => error.pointer), JSON.stringify(body)).toContain(pointer);
  }
});

test("a change needs the version that was read, and what makes no difference changes nothing", async () => {
  const ada = await contract.somebody();
  const { id } = await task(ada, "Report");
  await ada.refused(428, "task.version_required", "PATCH", `tasks/${id}`, { title: "x" });
  await ada.refused(412, "task.version_mismatch", "PATCH", `tasks/${id}`, { title: "x" }, { "if-match": '"2"' });
  expect((await ada.must<TaskView>(200, "PATCH", `tasks/${id}`, { title: "Report", importance: 5 }, { "if-match": '"1"' })).version).toBe(1);
  const changed = await ada.must<TaskView>(200, "PATCH", `tasks/${id}`, { deadline: on(0, "17:00") }, { "if-match": '"1"' });
  expect(changed).toMatchObject({ version: 2, deadline: on(0, "17:00"), deadline_at: `${MONDAY}T08:00:00Z`, time_zone: "Asia/Seoul" });
  expect(changed.reminders).toHaveLength(1);
  expect(await ada.must<TaskView>(200, "PATCH", `tasks/${id}`, { deadline: null }, { "if-match": "*" })).toMatchObject({ deadline: null, reminders: [], version: 3 });
});

test("nothing waits in a circle, through dependencies and through subtasks", async () => {
  const ada = await contract.somebody();
  const [first, second, third] = [await task(ada, "first"), await task(ada, "second"), await task(ada, "third")];
  await ada.must(200, "PATCH", `tasks/${second.id}`, { depends_on: [first.id] }, { "if-match": "*" });
  await ada.must(200, "PATCH", `tasks/${third.id}`, { depends_on: [second.id] }, { "if-match": "*" });
  const { cycle } = await ada.refused(422, "task.cycle", "PATCH", `tasks/${first.id}`, { depends_on: [third.id] }, { "if-match": "*" });
  expect(new Set(cycle as string[])).toEqual(new Set([first.id, second.id, third.id]));
  await ada.refused(422, "task.cycle", "PATCH", `tasks/${first.id}`, { depends_on: [first.id] }, { "if-match": "*" });
  // The whole waits for its parts.
  await ada.must(201, "POST", "tasks", { title: "part", parent_id: first.id });
  await ada.refused(422, "task.cycle", "POST", "tasks", { title: "part that waits for what comes after", parent_id: first.id, depends_on: [third.id] });
});

test("what is ready is what waits for nothing, and that changes as things are done, put away and taken out", async () => {
  const ada = await contract.somebody();
  const photos = await task(ada, "photos", { deadline: on(1) });
  const draft = await task(ada, "draft", { deadline: on(2), depends_on: [photos.id] });
  const whole = await task(ada, "whole", { deadline: on(3) });
  const part = await task(ada, "part", { deadline: on(3), parent_id: whole.id });
  expect(await titles(ada)).toEqual(["photos", "draft", "whole", "part"]);
  expect(await titles(ada, "ready=true")).toEqual(["photos", "part"]);
  expect(await titles(ada, `parent=${whole.id}&state=all`)).toEqual(["part"]);
  expect(await titles(ada, "sort=created&limit=2")).toEqual(["part", "whole"]);
  expect(await titles(ada, `deadline_before=${on(2, "01:00")}`)).toEqual(["photos"]);
  expect(await ada.refused(409, "task.blocked", "POST", `tasks/${draft.id}/complete`)).toMatchObject({ blocked_by: [photos.id] });
  expect(await ada.refused(409, "task.open_subtasks", "POST", `tasks/${whole.id}/complete`)).toMatchObject({ open_subtasks: [part.id] });
  expect(await ada.must<TaskView>(200, "POST", `tasks/${photos.id}/complete`)).toMatchObject({ state: "COMPLETED", version: 2 });
  expect(await ada.must<TaskView>(200, "POST", `tasks/${photos.id}/complete`)).toMatchObject({ version: 2 });
  expect(await titles(ada, "ready=true")).toEqual(["draft", "part"]);
  await ada.must(200, "POST", `tasks/${photos.id}/reopen`);
  expect(await titles(ada, "ready=true")).toEqual(["photos", "part"]);
  await ada.must(200, "POST", `tasks/${photos.id}/archive`);
  expect(await titles(ada, "ready=true")).toEqual(["draft", "part"]);
  expect(await titles(ada, "archived=true")).toEqual(["photos"]);
  expect(await ada.must<TaskView>(200, "POST", `tasks/${photos.id}/unarchive`)).toMatchObject({ archived_at: null });
  expect(await ada.must<TaskView>(200, "POST", `tasks/${draft.id}/complete?force=true`)).toMatchObject({ state: "COMPLETED" });
  expect(await titles(ada, "state=completed")).toEqual(["draft"]);
  await ada.must(204, "DELETE", `tasks/${whole.id}`);
  expect(await ada.must<TaskView>(200, "GET", `tasks/${part.id}`)).toMatchObject({ parent_id: null });
});

test("lists go on exactly behind the page before, in either order", async () => {
  const ada = await contract.somebody();
  for (let at = 0; at < 7; at++) await task(ada, `t${String(at)}`, at % 2 ? { deadline: on(7 - at) } : {});
  for (const [sort, expected] of [["deadline", ["t5", "t3", "t1", "t0", "t2", "t4", "t6"]], ["created", ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]]] as const) {
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page: { items: TaskView[]; next_cursor?: string | null } = await ada.must(200, "GET", `tasks?sort=${sort}&limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      seen.push(...page.items.map(({ title }) => title));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen, sort).toEqual(expected);
  }
});

test("sessions take what they do not say from their task, and the state flows both ways", async () => {
  const ada = await contract.somebody();
  const first = await task(ada, "First");
  const report = await task(ada, "Report", { estimate: "PT2H", tags: ["focus"], depends_on: [first.id] });
  const session = await ada.must<ScheduleView>(201, "POST", `tasks/${report.id}/schedules`, { start: on(0, "09:00") });
  expect(session).toMatchObject({ title: "Report", end: on(0, "11:00"), kind: "task", tags: ["focus"], task_id: report.id, version: 1 });
  await ada.refused(409, "schedule.conflict", "POST", `tasks/${report.id}/schedules`, { start: on(0, "10:00") });
  expect(await ada.refused(409, "task.blocked", "POST", `schedules/${session.id}/start`, {})).toMatchObject({ blocked_by: [first.id] });
  await ada.must(200, "POST", `tasks/${first.id}/complete`);
  await ada.must(200, "POST", `schedules/${session.id}/start`, {});
  await ada.must(200, "POST", `schedules/${session.id}/complete`, {});
  expect(await ada.must<TaskView>(200, "GET", `tasks/${report.id}`)).toMatchObject({ state: "COMPLETED" });
  await ada.must(200, "POST", `schedules/${session.id}/cancel`, {});
  expect(await ada.must<TaskView>(200, "GET", `tasks/${report.id}`)).toMatchObject({ state: "OPEN" });
  // Another one that is ahead leaves the calendar with the task, and comes back with it.
  const count = async (): Promise<number> => (await ada.must<{ items: unknown[] }>(200, "GET", `tasks/${report.id}/schedules`)).items.length;
  await ada.must(201, "POST", `tasks/${report.id}/schedules`, { start: on(1, "09:00") });
  expect(await count()).toBe(2);
  await ada.must(200, "POST", `tasks/${report.id}/complete`);
  expect(await count()).toBe(0);
  await ada.refused(409, "task.closed", "POST", `tasks/${report.id}/schedules`, { start: on(2, "09:00") });
  await ada.must(200, "POST", `tasks/${report.id}/reopen`);
  expect(await count()).toBe(2);
  await ada.must(200, "PATCH", `tasks/${report.id}`, { tags: ["deep"] }, { "if-match": "*" });
  expect(await ada.must<ScheduleView>(200, "GET", `schedules/${session.id}`)).toMatchObject({ tags: ["deep"] });
});

test("a task is split into parts that wait for each other, and shown before", async () => {
  const ada = await contract.somebody();
  const whole = await task(ada, "Thesis", { deadline: on(10), estimate: "PT4H" });
  const dry = await ada.must<SplitView>(200, "POST", `tasks/${whole.id}/split?dry_run=true`, { template: "equal", count: 2 });
  expect(dry).toMatchObject({ dry_run: true, parts: [{ id: null, title: "Thesis (1/2)", estimate: "PT2H" }, { title: "Thesis (2/2)", deadline: on(10) }] });
  const made = await ada.must<SplitView>(201, "POST", `tasks/${whole.id}/split`, { template: "equal", count: 2 });
  expect(made.parts.map(({ id: _, ...rest }) => rest)).toEqual(dry.parts.map(({ id: _, ...rest }) => rest));
  const [first, second] = made.parts;
  expect(await ada.must<TaskView>(200, "GET", `tasks/${second?.id ?? ""}`)).toMatchObject({ parent_id: whole.id, depends_on: [first?.id], blocked_by: [first?.id] });
  await ada.refused(422, "task.invalid", "POST", `tasks/${whole.id}/split`, { template: "equal", count: 1 });
});

test("a plan goes by what comes first and what is free, and is made only if it is asked for", async () => {
  const ada = await contract.somebody();
  await ada.must(200, "PATCH", "users/me", { wake_at: "08:00", sleep_at: "22:00" }, { "if-match": "*" });
  await ada.must(201, "POST", "schedules", { title: "Busy", start: on(0, "08:00"), duration: "PT2H" });
  const first = await task(ada, "first", { estimate: "PT1H" });
  const second = await task(ada, "second", { estimate: "PT3H", deadline: on(3), depends_on: [first.id] });
  const asked = { task_ids: [second.id, first.id], from: on(0), to: on(5) };
  const plan = await ada.must<SuggestionsView>(200, "POST", "suggestions", asked);
  expect(plan.unplaced).toEqual([]);
  expect(plan.proposals.map(({ title, part, parts, start, schedule_id }) => [title, part, parts, start, schedule_id])).toEqual([
    ["first", 1, 1, `${MONDAY}T01:00:00Z`, null],
    ["second", 1, 2, `${MONDAY}T02:00:00Z`, null],
    ["second", 2, 2, `${MONDAY}T03:30:00Z`, null],
  ]);
  expect(plan.proposals[1]?.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(["after_predecessors", "before_deadline"]));
  const made = await ada.must<SuggestionsView>(200, "POST", "suggestions", { ...asked, commit: true });
  expect(made.proposals.map(({ start }) => start)).toEqual(plan.proposals.map(({ start }) => start));
  expect(made.proposals.every(({ schedule_id }) => schedule_id)).toBe(true);
  const again = await ada.must<SuggestionsView>(200, "POST", "suggestions", asked);
  expect(again.unplaced.map(({ reason }) => reason.code)).toEqual(["planned", "planned"]);
  const free = await ada.must<{ items: { start: string; end: string }[] }>(200, "GET", `free-slots?from=${on(0)}&to=${on(1)}&duration=PT1H`);
  expect(free.items).toEqual([{ start: `${MONDAY}T05:00:00Z`, end: `${MONDAY}T13:00:00Z` }]);
});

test("a deadline rings before it and at it, with what it is about", async () => {
  const ada = await contract.somebody();
  const due = await task(ada, "Report", { deadline: wall(10) });
  await expect.poll(async () => (await ada.must<{ items: NotificationView[] }>(200, "GET", "notifications")).items.length).toBe(1);
  const [rung] = (await ada.must<{ items: NotificationView[] }>(200, "GET", "notifications")).items;
  expect(rung).toMatchObject({ type: "task.deadline", title: "Due soon: Report", data: { task_id: due.id, deadline: due.deadline, snooze: 0 } });
  expect(rung?.body).toBe(`Due ${due.deadline?.slice(0, 10) ?? ""} at ${due.deadline?.slice(11, 16) ?? ""} (Asia/Seoul)`);
});

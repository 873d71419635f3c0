import { expect, test } from "vitest";

import type { AlarmView, MarkedView, NotificationView, ScheduleView, UnreadView } from "../../src/api/schema";
import { type Party, counterpart, members, on, wall } from "./counterpart";

const contract = counterpart();

/** Something that starts in so many minutes and whose reminder is due already: it rings at once. */
async function rung(ada: Party, title: string, minutes = 20): Promise<NotificationView> {
  const before = (await list(ada)).length;
  await ada.must(201, "POST", "schedules?on_conflict=allow", { title, start: wall(minutes), duration: "PT30M", location: "3F" });
  await expect.poll(async () => (await list(ada)).length).toBe(before + 1);
  const [newest] = await list(ada);
  if (!newest) throw new Error("nothing rang");
  return newest;
}

async function list(ada: Party, query = ""): Promise<NotificationView[]> {
  return (await ada.must<{ items: NotificationView[] }>(200, "GET", `notifications?${query}`)).items;
}

function alarmOf({ data }: NotificationView): string {
  return (data as unknown as { reminder_id: string }).reminder_id;
}

async function alarm(ada: Party, id: string): Promise<AlarmView | undefined> {
  const range = `from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 86_400_000).toISOString()}`;
  return (await ada.must<{ items: AlarmView[] }>(200, "GET", `reminders?${range}`)).items.find((it) => it.id === id);
}

test("a reminder that is due when it is made rings at once, and says what it is about", async () => {
  const ada = await contract.somebody();
  const it = await rung(ada, "Call");
  expect(Object.keys(it).sort()).toEqual(members("NotificationView"));
  expect(it).toMatchObject({ type: "reminder", title: "Call", read_at: null });
  expect(it.body).toMatch(/^Starts \d{4}-\d\d-\d\d at \d\d:\d\d \(Asia\/Seoul\) · 3F$/);
  expect(Object.keys(it.data).sort()).toEqual(["due_at", "late_by_ms", "missed", "occurrence", "reminder_id", "schedule_id", "snooze", "start_at"]);
  const { occurrence, start_at } = it.data as unknown as { occurrence: string; start_at: string };
  expect(Date.parse(`${occurrence}+09:00`)).toBe(Date.parse(start_at));
  const rang = await alarm(ada, alarmOf(it));
  expect(Object.keys(rang ?? {}).sort()).toEqual(members("AlarmView"));
  expect(rang).toMatchObject({ state: "FIRED", reason: "late_created", snooze: 0, dismissed_at: null });
});

test("reading, reading all and deleting keep count, and the version tells the newer count", async () => {
  const ada = await contract.somebody();
  const [first, second, third] = [await rung(ada, "first"), await rung(ada, "second"), await rung(ada, "third")];
  const unread = (): Promise<UnreadView> => ada.must(200, "GET", "notifications/unread");
  const before = await unread();
  expect(before.count).toBe(3);
  expect((await list(ada)).map(({ title }) => title)).toEqual(["third", "second", "first"]);
  const read = await ada.must<NotificationView>(200, "PATCH", `notifications/${second.id}/read`);
  expect(read.read_at).toBeTruthy();
  const after = await unread();
  expect(after.count).toBe(2);
  expect(after.version).toBeGreaterThan(before.version);
  // Again changes nothing.
  await ada.must(200, "PATCH", `notifications/${second.id}/read`, { read: true });
  expect(await unread()).toEqual(after);
  expect((await list(ada, "state=unread")).map(({ title }) => title)).toEqual(["third", "first"]);
  expect((await list(ada, "state=read&kind=reminder")).map(({ title }) => title)).toEqual(["second"]);
  await ada.must(200, "PATCH", `notifications/${second.id}/read`, { read: false });
  expect(await ada.must<MarkedView>(200, "POST", "notifications/read", { up_to: second.id })).toMatchObject({ marked: 2, has_more: false, unread: { count: 1 } });
  await ada.must(204, "DELETE", `notifications/${third.id}`);
  expect((await unread()).count).toBe(0);
  expect((await list(ada)).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(await ada.must<MarkedView>(200, "POST", "notifications/read", { all: true })).toMatchObject({ marked: 0 });
  await ada.refused(422, "body.invalid", "POST", "notifications/read", {});
  await ada.refused(404, "notification.not_found", "PATCH", `notifications/${third.id}/read`);
});

test("the inbox goes on exactly behind the page before", async () => {
  const ada = await contract.somebody();
  for (const title of ["a", "b", "c", "d", "e"]) await rung(ada, title);
  const first = await ada.must<{ items: NotificationView[]; next_cursor: string }>(200, "GET", "notifications?limit=2");
  await rung(ada, "f");
  const second = await ada.must<{ items: NotificationView[]; next_cursor: string }>(200, "GET", `notifications?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
  expect([...first.items, ...second.items].map(({ title }) => title)).toEqual(["e", "d", "c", "b"]);
  await ada.refused(400, "cursor.malformed", "GET", "notifications?cursor=nothing");
});

test("a snooze closes what rang and rings later, and gives way to the next one", async () => {
  const ada = await contract.somebody();
  const id = alarmOf(await rung(ada, "Call"));
  const first = await ada.must<AlarmView>(200, "POST", `reminders/${id}/snooze`, { for: "PT10M" });
  expect(first).toMatchObject({ state: "PENDING", reason: "snoozed", snooze: 1 });
  expect(Math.abs(Date.parse(first.due_at) - Date.now() - 600_000)).toBeLessThan(20_000);
  expect((await alarm(ada, id))?.dismissed_at).toBeTruthy();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const second = await ada.must<AlarmView>(200, "POST", `reminders/${id}/snooze`, { until });
  expect(second.snooze).toBe(2);
  expect(Date.parse(second.due_at)).toBe(Date.parse(until));
  expect(await alarm(ada, first.id)).toMatchObject({ state: "SUPERSEDED", reason: "snoozed" });
  await ada.refused(409, "reminder.not_active", "POST", `reminders/${first.id}/snooze`, { for: "PT10M" });
  for (const body of [{}, { for: "PT10M", until }]) await ada.refused(422, "reminder.invalid", "POST", `reminders/${id}/snooze`, body);
  await ada.refused(422, "reminder.invalid", "POST", `reminders/${id}/snooze`, { until: "2020-01-01T00:00:00Z" });
});

test("a snooze of a second really rings", async () => {
  const ada = await contract.somebody();
  const id = alarmOf(await rung(ada, "Call"));
  await ada.must(200, "POST", `reminders/${id}/snooze`, { for: "PT1S" });
  await expect.poll(async () => (await list(ada)).map(({ title, data }) => [title, (data as unknown as { snooze: number }).snooze]), { timeout: 5_000 }).toEqual([["Call", 1], ["Call", 0]]);
});

test("dismissing closes what rang and silences what waits, and again changes nothing", async () => {
  const ada = await contract.somebody();
  const id = alarmOf(await rung(ada, "Call"));
  const closed = await ada.must<AlarmView>(200, "POST", `reminders/${id}/dismiss`);
  expect(closed.dismissed_at).toBeTruthy();
  expect(await ada.must<AlarmView>(200, "POST", `reminders/${id}/dismiss`)).toEqual(closed);
  const snooze = await ada.must<AlarmView>(200, "POST", `reminders/${id}/snooze`, { for: "PT10M" });
  expect(await ada.must<AlarmView>(200, "POST", `reminders/${snooze.id}/dismiss`)).toMatchObject({ state: "CANCELLED", reason: "dismissed" });
  await ada.refused(404, "reminder.not_found", "POST", "reminders/alm_01jd2n9w3fkz8q4v6x0c5b7m1t/dismiss");
});

test("alarms go along when their schedule is moved, deleted and restored, and a series has the next one armed", async () => {
  const ada = await contract.somebody();
  const range = `from=${on(0)}&to=${on(30)}`;
  const alarms = async (): Promise<string[]> => (await ada.must<{ items: AlarmView[] }>(200, "GET", `reminders?${range}`)).items.map(({ occurrence, state, reason }) => `${occurrence} ${state} ${reason ?? ""}`.trim());
  const { id } = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Series", start: on(0, "09:00"), duration: "PT30M", recurrence: { rrule: "FREQ=DAILY;COUNT=3" } });
  expect(await alarms()).toEqual([`${on(0, "09:00")} PENDING`]);
  const waiting = (await ada.must<{ items: AlarmView[] }>(200, "GET", `reminders?${range}`)).items[0];
  await ada.must(200, "POST", `reminders/${waiting?.id ?? ""}/dismiss`);
  expect(await alarms()).toEqual([`${on(0, "09:00")} CANCELLED dismissed`, `${on(1, "09:00")} PENDING`]);
  await ada.must(204, "DELETE", `schedules/${id}`);
  const once = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Once", start: on(9, "09:00"), reminders: [{ before: "PT1H" }] });
  await ada.must(200, "PATCH", `schedules/${once.id}`, { start: on(9, "12:00") }, { "if-match": "*" });
  expect((await alarms()).slice(2)).toEqual([`${on(9, "09:00")} SUPERSEDED rescheduled`, `${on(9, "12:00")} PENDING`]);
  await ada.must(204, "DELETE", `schedules/${once.id}`);
  expect((await alarms()).at(-1)).toBe(`${on(9, "12:00")} CANCELLED schedule_deleted`);
  await ada.must(200, "POST", `schedules/${once.id}/restore`);
  expect((await alarms()).at(-1)).toBe(`${on(9, "12:00")} PENDING`);
});

test("the stream tells what has happened, in the order in which it happened", async () => {
  const ada = await contract.somebody();
  const stop = new AbortController();
  const heard = await ada.follow(stop.signal);
  const kinds = (): string[] => [...heard.text.matchAll(/^event: (.+)$/gm)].map(([, kind]) => kind ?? "");
  await expect.poll(kinds).toEqual(["ready"]);
  const { id } = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Call", start: wall(20), duration: "PT30M", tags: ["new"] });
  await expect.poll(kinds).toContain("unread.changed");
  expect(kinds().filter((kind) => kind !== "tag.changed")).toEqual(["ready", "schedule.changed", "notification.created", "unread.changed"]);
  await ada.must(200, "POST", `schedules/${id}/complete`, {});
  await expect.poll(kinds).toContain("progress.changed");
  expect(heard.text).toContain(`"schedule_id":"${id}"`);
  expect(heard.text).toMatch(/^id: 1-\d+$/m);
  stop.abort();
});

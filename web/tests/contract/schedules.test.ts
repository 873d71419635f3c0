import { expect, test } from "vitest";

import type { ScheduleView } from "../../src/api/schema";
import { MONDAY, counterpart, members, on, wall } from "./counterpart";

const contract = counterpart();

interface Page {
  items: ScheduleView[];
  next_cursor: string | null;
}

test("a schedule is answered with all of its members, as it was asked for and with what follows from that", async () => {
  const ada = await contract.somebody();
  const asked = { title: "  Report ", start: on(0, "09:30"), duration: "PT45M", location: "3F", tags: ["Deep", "deep", "alone"], reminders: [{ before: "PT15M" }, { before: "PT0S", relative_to: "end" }] };
  const made = await ada.ask<ScheduleView>("POST", "schedules", asked);
  expect(made.status).toBe(201);
  expect(made.headers.get("etag")).toBe('"1"');
  const { body } = made;
  expect(Object.keys(body).sort()).toEqual(members("ScheduleView"));
  expect(body).toMatchObject({ title: "Report", start: on(0, "09:30"), end: on(0, "10:15"), time_zone: "Asia/Seoul", kind: "event", busy: true, all_day: false, tags: ["alone", "Deep"] });
  expect(body).toMatchObject({ start_at: `${MONDAY}T00:30:00Z`, start_resolution: "unique", recurrence: null, recurrence_id: null, overridden: false, task_id: null, version: 1, deleted_at: null });
  expect(body.progress).toEqual({ state: "NOT_STARTED", run: 0, since: null, worked_seconds: 0 });
  expect(body.late).toEqual({ policy: "coalesce", grace: "P1D" });
  expect(body.reminders.map(({ id: _, ...rest }) => rest)).toEqual([
    { before: "PT15M", relative_to: "start", critical: false },
    { before: "PT0S", relative_to: "end", critical: false },
  ]);
  expect(await ada.must(200, "GET", `schedules/${body.id}`)).toEqual(body);
});

test("what is wrong is refused at its field", async () => {
  const ada = await contract.somebody();
  const start = on(0, "09:00");
  for (const [body, pointer] of [
    [{ title: " ", start }, "/title"],
    [{ title: "x".repeat(201), start }, "/title"],
    [{ title: "a\nb", start }, "/title"],
    [{ title: "a", start: "tomorrow" }, "/start"],
    [{ title: "a", start: MONDAY }, "/start"],
    [{ title: "a", start, all_day: true }, "/start"],
    [{ title: "a", start, end: on(0, "08:00") }, "/end"],
    [{ title: "a", start, end: on(0, "10:00"), duration: "PT1H" }, "/duration"],
    [{ title: "a", start, kind: "Deep Work" }, "/kind"],
    [{ title: "a", start: MONDAY, end: MONDAY, all_day: true }, "/end"],
  ] as const) {
    const { errors } = await ada.refused(422, "schedule.invalid", "POST", "schedules", body);
    expect(errors?.map((error) => error.pointer), JSON.stringify(body)).toContain(pointer);
  }
  await ada.refused(400, "id.malformed", "GET", "schedules/sch_abc");
  await ada.refused(404, "schedule.not_found", "GET", "schedules/sch_01jd2n9w3fkz8q4v6x0c5b7m1t");
  await ada.refused(422, "query.invalid", "GET", "schedules?from=never");
  await ada.refused(422, "query.invalid", "GET", "schedules?colour=red");
  await ada.refused(422, "query.invalid", "GET", "schedules?limit=0");
  await ada.refused(400, "cursor.malformed", "GET", "schedules?cursor=abc");
});

test("a change needs the version that was read, keeps the length, and moves the instants with the zone", async () => {
  const ada = await contract.somebody();
  const { id } = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Walk", start: on(0, "09:00"), duration: "PT1H" });
  const path = `schedules/${id}`;
  await ada.refused(428, "schedule.version_required", "PATCH", path, { title: "Run" });
  await ada.refused(412, "schedule.version_mismatch", "PATCH", path, { title: "Run" }, { "if-match": '"7"' });
  const moved = await ada.ask<ScheduleView>("PATCH", path, { start: on(0, "11:00") }, { "if-match": '"1"' });
  expect(moved.body).toMatchObject({ start: on(0, "11:00"), end: on(0, "12:00"), version: 2 });
  expect(moved.headers.get("etag")).toBe('"2"');
  const same = await ada.must<ScheduleView>(200, "PATCH", path, { title: "Walk" }, { "if-match": "*" });
  expect(same.version).toBe(2);
  const berlin = await ada.must<ScheduleView>(200, "PATCH", path, { time_zone: "Europe/Berlin" }, { "if-match": '"2"' });
  expect(berlin).toMatchObject({ start: on(0, "11:00"), time_zone: "Europe/Berlin" });
  expect(Date.parse(berlin.start_at) - Date.parse(moved.body.start_at)).toBeGreaterThanOrEqual(7 * 3_600_000);
  await ada.refused(412, "schedule.version_mismatch", "DELETE", path, undefined, { "if-match": '"1"' });
});

test("a list has what overlaps its half-open range, in order and page by page", async () => {
  const ada = await contract.somebody();
  const make = (title: string, start: string, more: object = {}): Promise<ScheduleView> => ada.must(201, "POST", "schedules", { title, start, duration: "PT1H", ...more });
  await make("second", on(1, "09:00"));
  await make("first", on(0, "23:30"));
  await make("third", on(1, "12:00"), { location: "Library" });
  await make("after", on(2, "00:00"));
  const titles = async (query: string): Promise<string[]> => (await ada.must<Page>(200, "GET", `schedules?${query}`)).items.map(({ title }) => title);
  const day = `from=${on(1)}&to=${on(2)}`;
  expect(await titles(day)).toEqual(["first", "second", "third"]);
  expect(await titles(`from=${on(0)}&to=${on(1)}`)).toEqual(["first"]);
  expect(await titles(`${day}&q=LIBR`)).toEqual(["third"]);
  expect(await titles("q=ibrary")).toEqual([]);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page = await ada.must<Page>(200, "GET", `schedules?${day}&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ title }) => title));
    cursor = page.next_cursor;
  } while (cursor);
  expect(seen).toEqual(["first", "second", "third"]);
});

test("Korean words are found by any part, others by their beginning", async () => {
  const ada = await contract.somebody();
  await ada.must(201, "POST", "schedules", { title: "팀 주간회의 Standup", start: on(0, "09:00"), duration: "PT1H" });
  for (const [q, found] of [["회의", 1], ["stand", 1], ["standup 주간", 1], ["tandup", 0], ["회식", 0]] as const) {
    expect((await ada.must<Page>(200, "GET", `schedules?q=${encodeURIComponent(q)}`)).items, q).toHaveLength(found);
  }
});

test("time that is taken is refused with what is there and what is free instead, and had all the same by who asks for it", async () => {
  const ada = await contract.somebody();
  const lunch = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Lunch", start: on(0, "12:00"), duration: "PT1H" });
  await ada.must(201, "POST", "schedules", { title: "Birthday", start: MONDAY, all_day: true, busy: false });
  const call = { title: "Call", start: on(0, "12:30"), duration: "PT90M" };
  const refused = await ada.refused(409, "schedule.conflict", "POST", "schedules", call);
  expect(refused["conflicts"]).toEqual([
    {
      schedule_id: lunch.id,
      recurrence_id: null,
      title: "Lunch",
      start: `${MONDAY}T03:00:00Z`,
      end: `${MONDAY}T04:00:00Z`,
      meets: { recurrence_id: null, start: `${MONDAY}T03:30:00Z`, end: `${MONDAY}T05:00:00Z` },
    },
  ]);
  expect(refused["conflicts_truncated"]).toBe(false);
  expect(refused["free_slots"]).toEqual([{ start: `${MONDAY}T04:00:00Z`, end: `${on(14)}T03:30:00Z` }]);
  await ada.must(201, "POST", "schedules", { ...call, start: on(0, "13:00") });
  const both = await ada.must<ScheduleView>(201, "POST", "schedules?on_conflict=allow", call);
  // Only time that is added is judged: another title is not, and neither is what ends earlier.
  await ada.must(200, "PATCH", `schedules/${both.id}`, { title: "Long call" }, { "if-match": "*" });
  await ada.must(200, "PATCH", `schedules/${both.id}`, { duration: "PT60M" }, { "if-match": "*" });
  await ada.refused(409, "schedule.conflict", "PATCH", `schedules/${both.id}`, { start: on(0, "12:15") }, { "if-match": "*" });
});

test("whole days are offered whole days, and a series other times of its day", async () => {
  const ada = await contract.somebody();
  await ada.must(201, "POST", "schedules", { title: "Visit", start: on(0, "10:00"), duration: "PT1H" });
  const days = await ada.refused(409, "schedule.conflict", "POST", "schedules", { title: "Trip", start: on(0), end: on(2), all_day: true });
  expect(days["free_slots"]).toEqual([{ start: `${on(0)}T15:00:00Z`, end: `${on(13)}T15:00:00Z` }]);
  const series = await ada.refused(409, "schedule.conflict", "POST", "schedules", { title: "Daily", start: on(0, "10:30"), duration: "PT1H", recurrence: { rrule: "FREQ=DAILY" } });
  const slots = series["free_slots"] as { start: string; end: string }[];
  expect(slots[0]).toEqual({ start: `${MONDAY}T02:00:00Z`, end: `${MONDAY}T03:00:00Z` });
  expect(slots).toHaveLength(5);
});

test("what is deleted lies in the trash, and comes back unless its time is taken by now", async () => {
  const ada = await contract.somebody();
  const asked = { title: "Nap", start: on(0, "14:00"), duration: "PT1H" };
  const { id } = await ada.must<ScheduleView>(201, "POST", "schedules", asked);
  await ada.refused(409, "schedule.not_deleted", "POST", `schedules/${id}/restore`);
  await ada.must(204, "DELETE", `schedules/${id}`);
  await ada.refused(404, "schedule.not_found", "DELETE", `schedules/${id}`);
  expect((await ada.must<Page>(200, "GET", "schedules?state=deleted")).items.map((it) => it.id)).toEqual([id]);
  const other = await ada.must<ScheduleView>(201, "POST", "schedules", asked);
  await ada.refused(409, "schedule.conflict", "POST", `schedules/${id}/restore`);
  expect(await ada.must<ScheduleView>(200, "POST", `schedules/${id}/restore?on_conflict=allow`)).toMatchObject({ id, deleted_at: null, version: 3 });
  await ada.refused(404, "schedule.not_found", "POST", "schedules/bulk-delete", { ids: [id, "sch_01jd2n9w3fkz8q4v6x0c5b7m1t"] });
  await ada.must(204, "POST", "schedules/bulk-delete", { ids: [id, other.id] });
  expect((await ada.must<Page>(200, "GET", "schedules")).items).toEqual([]);
});

test("the same wish under the same key happens once, and another one under it not at all", async () => {
  const ada = await contract.somebody();
  const [asked, key] = [{ title: "Once", start: wall(600), duration: "PT10M" }, { "idempotency-key": "contract-1" }];
  const first = await ada.must<ScheduleView>(201, "POST", "schedules", asked, key);
  const again = await ada.ask<ScheduleView>("POST", "schedules", asked, key);
  expect([again.status, again.headers.get("idempotent-replayed"), again.body]).toEqual([201, "true", first]);
  await ada.refused(422, "idempotency.other_request", "POST", "schedules", { ...asked, title: "Twice" }, key);
  expect((await ada.must<Page>(200, "GET", "schedules")).items).toHaveLength(1);
});

import { expect, test } from "vitest";

import type { PreviewView, ScheduleView } from "../../src/api/schema";
import { type Party, counterpart, on } from "./counterpart";

const contract = counterpart();

async function series(ada: Party, rrule: string, more: object = {}): Promise<ScheduleView> {
  return ada.must(201, "POST", "schedules", { title: "Series", start: on(0, "09:30"), duration: "PT30M", recurrence: { rrule }, ...more });
}

/** The starts of all that lies in so many days after the first Monday. */
async function starts(ada: Party, days: number): Promise<string[]> {
  const { items } = await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?from=${on(0)}&to=${on(days)}&limit=200`);
  return items.map(({ start }) => start);
}

test("what is shown before it is made is what comes", async () => {
  const ada = await contract.somebody();
  const times = { start: on(0, "09:30"), duration: "PT30M", recurrence: { rrule: "FREQ=WEEKLY;BYDAY=MO,WE", rdates: [on(1, "18:00")], exdates: [on(2, "09:30")] } };
  const { occurrences, has_more } = await ada.must<PreviewView>(200, "POST", "schedules/preview", { ...times, limit: 4 });
  expect([occurrences.map(({ recurrence_id }) => recurrence_id), has_more]).toEqual([[on(0, "09:30"), on(1, "18:00"), on(7, "09:30"), on(9, "09:30")], true]);
  expect(await starts(ada, 30)).toEqual([]);
  await ada.must(201, "POST", "schedules", { title: "Series", ...times });
  const { items } = await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?from=${on(0)}&to=${on(10)}&limit=200`);
  const shown = ({ recurrence_id, start, end, start_at, end_at, start_resolution }: PreviewView["occurrences"][number] | ScheduleView): object => ({ recurrence_id, start, end, start_at, end_at, start_resolution });
  expect(items.map(shown)).toEqual(occurrences.map(shown));
  for (const wrong of [{ limit: 0 }, { limit: 101 }, { recurrence: { rrule: "SOMETIMES" } }]) await ada.must(422, "POST", "schedules/preview", { ...times, ...wrong });
});

test("rules that the editor makes have the same times on both sides", async () => {
  const ada = await contract.somebody();
  for (const rrule of [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=7",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=WE,MO,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
    `FREQ=WEEKLY;UNTIL=${on(21).replaceAll("-", "")};BYDAY=MO,TU`,
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=2MO",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=YEARLY",
    "rrule:freq=weekly;byday=tu;count=3",
  ]) {
    const { id, recurrence } = await series(ada, rrule);
    const { items } = await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?from=${on(0)}&to=${on(800)}&limit=200`);
    expect({ rrule: recurrence?.rrule, names: items.map(({ recurrence_id }) => recurrence_id?.slice(0, 10)).map((date) => daysAfter(date ?? "")).slice(0, 60) }).toEqual(expected(rrule));
    await ada.must(204, "DELETE", `schedules/${id}`);
  }
});

/** What a day-by-day reading of the rule gives, written once more and otherwise than either side has it. */
function expected(text: string): { rrule: string; names: number[] } {
  const parts = new Map(text.replace(/^rrule:/i, "").toUpperCase().split(";").map((part) => part.split("=") as [string, string]));
  const [frequency, interval] = [parts.get("FREQ"), Number(parts.get("INTERVAL") ?? 1)];
  const [byDay, monthDay] = [parts.get("BYDAY")?.split(","), parts.get("BYMONTHDAY")];
  const utc = (day: number): Date => new Date(`${on(day)}T00:00:00Z`);
  const first = utc(0);
  const names: number[] = [];
  for (let day = 0; day < 800; day++) {
    const at = utc(day);
    const weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"][at.getUTCDay()] ?? "";
    const months = (at.getUTCFullYear() - first.getUTCFullYear()) * 12 + at.getUTCMonth() - first.getUTCMonth();
    const length = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    const nth = [`${String(Math.ceil(at.getUTCDate() / 7))}${weekday}`, `-${String(Math.ceil((length - at.getUTCDate() + 1) / 7))}${weekday}`];
    const dates = [String(at.getUTCDate()), String(at.getUTCDate() - length - 1)];
    const fits =
      frequency === "DAILY" ? day % interval === 0
      : frequency === "WEEKLY" ? Math.floor(day / 7) % interval === 0 && (byDay ?? ["MO"]).includes(weekday)
      : frequency === "YEARLY" ? at.getUTCMonth() === first.getUTCMonth() && at.getUTCDate() === first.getUTCDate()
      : months % interval === 0 && (byDay ? byDay.some((each) => nth.includes(each)) : dates.includes(monthDay ?? String(first.getUTCDate())));
    const until = parts.get("UNTIL");
    if (until !== undefined && on(day).replaceAll("-", "") > until) break;
    if (fits || day === 0) names.push(day);
    if (names.length === Number(parts.get("COUNT") ?? Infinity)) break;
  }
  const order = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTHDAY", "BYDAY"];
  const week = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
  if (byDay) parts.set("BYDAY", byDay.sort((one, other) => week.indexOf(one) - week.indexOf(other)).join(","));
  return { rrule: order.flatMap((name) => (parts.has(name) ? [`${name}=${parts.get(name) ?? ""}`] : [])).join(";"), names: names.slice(0, 60) };
}

function daysAfter(date: string): number {
  return Math.round((Date.parse(date) - Date.parse(on(0))) / 86_400_000);
}

test("rules that nobody can follow are refused", async () => {
  const ada = await contract.somebody();
  for (const [rrule, code] of [
    ["BYDAY=MO", "schedule.rrule_malformed"],
    ["FREQ=DAILY;FREQ=DAILY", "schedule.rrule_malformed"],
    ["FREQ=HOURLY", "schedule.rrule_unsupported"],
    ["FREQ=DAILY;INTERVAL=0", "schedule.rrule_out_of_range"],
    ["FREQ=WEEKLY;BYDAY=XX", "schedule.rrule_out_of_range"],
    ["FREQ=DAILY;COUNT=3;UNTIL=20300101", "schedule.rrule_contradictory"],
    ["FREQ=WEEKLY;BYDAY=1MO", "schedule.rrule_contradictory"],
  ] as const) {
    await ada.refused(422, code, "POST", "schedules", { title: "Series", start: on(0, "09:30"), recurrence: { rrule } });
  }
});

test("an occurrence is known by its wall time, and one that is not there is not found", async () => {
  const ada = await contract.somebody();
  const { id } = await series(ada, "FREQ=WEEKLY;BYDAY=MO,WE");
  const one = await ada.must<ScheduleView>(200, "GET", `schedules/${id}?recurrence_id=${on(2, "09:30")}`);
  expect(one).toMatchObject({ recurrence_id: on(2, "09:30"), start: on(2, "09:30"), overridden: false });
  await ada.refused(404, "schedule.not_an_occurrence", "GET", `schedules/${id}?recurrence_id=${on(1, "09:30")}`);
  expect(await ada.must<ScheduleView>(200, "GET", `schedules/${id}`)).toMatchObject({ recurrence_id: null, start: on(0, "09:30") });
});

test("one occurrence is moved and renamed, and is like the rest again when it is put back", async () => {
  const ada = await contract.somebody();
  const { id } = await series(ada, "FREQ=DAILY;COUNT=4");
  const part = `schedules/${id}?scope=this&recurrence_id=${on(1, "09:30")}`;
  const moved = await ada.must<ScheduleView>(200, "PATCH", part, { start: on(1, "15:00"), title: "Later" }, { "if-match": '"1"' });
  expect(moved).toMatchObject({ id, recurrence_id: on(1, "09:30"), start: on(1, "15:00"), end: on(1, "15:30"), title: "Later", overridden: true, version: 2 });
  expect(await starts(ada, 5)).toEqual([on(0, "09:30"), on(1, "15:00"), on(2, "09:30"), on(3, "09:30")]);
  const { errors } = await ada.refused(422, "schedule.invalid", "PATCH", part, { tags: ["a"] }, { "if-match": "*" });
  expect(errors?.[0]?.pointer).toBe("/tags");
  const back = await ada.must<ScheduleView>(200, "PATCH", part, { start: on(1, "09:30"), title: "Series" }, { "if-match": "*" });
  expect(back.overridden).toBe(false);
  // The others of its own series are in its way like anything else.
  const refused = await ada.refused(409, "schedule.conflict", "PATCH", part, { start: on(2, "09:45") }, { "if-match": "*" });
  expect(refused["conflicts"]).toMatchObject([{ schedule_id: id, recurrence_id: on(2, "09:30") }]);
});

test("this and all that follow become a series of their own", async () => {
  const ada = await contract.somebody();
  const { id } = await series(ada, "FREQ=DAILY;COUNT=6");
  await ada.refused(422, "schedule.invalid", "PATCH", `schedules/${id}?scope=following`, { title: "New" }, { "if-match": "*" });
  const rest = await ada.must<ScheduleView>(200, "PATCH", `schedules/${id}?scope=following&recurrence_id=${on(2, "09:30")}`, { start: on(2, "11:00"), title: "New" }, { "if-match": "*" });
  expect(rest.id).not.toBe(id);
  expect(rest).toMatchObject({ title: "New", start: on(2, "11:00"), recurrence: { rrule: "FREQ=DAILY;COUNT=4" } });
  expect((await ada.must<ScheduleView>(200, "GET", `schedules/${id}`)).recurrence?.rrule).toBe("FREQ=DAILY;COUNT=2");
  expect(await starts(ada, 7)).toEqual([on(0, "09:30"), on(1, "09:30"), on(2, "11:00"), on(3, "11:00"), on(4, "11:00"), on(5, "11:00")]);
  const endless = await series(ada, "FREQ=WEEKLY", { start: on(0, "20:00") });
  await ada.must(200, "PATCH", `schedules/${endless.id}?scope=following&recurrence_id=${on(14, "20:00")}`, { title: "New" }, { "if-match": "*" });
  expect((await ada.must<ScheduleView>(200, "GET", `schedules/${endless.id}`)).recurrence?.rrule).toBe(`FREQ=WEEKLY;UNTIL=${on(7).replaceAll("-", "")}T200000`);
});

test("all of a series moves by as much, and the day of its rule with it", async () => {
  const ada = await contract.somebody();
  const { id } = await series(ada, "FREQ=WEEKLY;BYDAY=MO;COUNT=3");
  await ada.must(200, "PATCH", `schedules/${id}?scope=this&recurrence_id=${on(7, "09:30")}`, { title: "Special" }, { "if-match": "*" });
  const moved = await ada.must<ScheduleView>(200, "PATCH", `schedules/${id}`, { start: on(1, "10:00") }, { "if-match": "*" });
  expect(moved.recurrence?.rrule).toBe("FREQ=WEEKLY;COUNT=3;BYDAY=TU");
  expect(await starts(ada, 30)).toEqual([on(1, "10:00"), on(8, "10:00"), on(15, "10:00")]);
  expect(await ada.must<ScheduleView>(200, "GET", `schedules/${id}?recurrence_id=${on(8, "10:00")}`)).toMatchObject({ title: "Special", overridden: true });
});

test("occurrences are taken out one by one, and from one on", async () => {
  const ada = await contract.somebody();
  const { id } = await series(ada, "FREQ=DAILY");
  await ada.must(204, "DELETE", `schedules/${id}?scope=this&recurrence_id=${on(1, "09:30")}`);
  expect((await ada.must<ScheduleView>(200, "GET", `schedules/${id}`)).recurrence?.exdates).toEqual([on(1, "09:30")]);
  await ada.must(204, "DELETE", `schedules/${id}?scope=following&recurrence_id=${on(4, "09:30")}`);
  expect(await starts(ada, 30)).toEqual([on(0, "09:30"), on(2, "09:30"), on(3, "09:30")]);
  await ada.must(204, "DELETE", `schedules/${id}?scope=following&recurrence_id=${on(0, "09:30")}`);
  expect(await starts(ada, 30)).toEqual([]);
  expect((await ada.must<{ items: ScheduleView[] }>(200, "GET", "schedules?state=deleted")).items.map((it) => it.id)).toEqual([id]);
});

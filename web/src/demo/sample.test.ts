import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { taken } from "./conflicts";
import { Demo } from "./demo";
import { fill } from "./sample";
import { statistics } from "./statistics";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-11-21T03:07:20Z") }));
afterEach(() => void vi.useRealTimers());

function begun(zone: string, locale: "en" | "ko"): Demo {
  const demo = new Demo({ zone, locale });
  fill(demo.world, locale);
  demo.ring();
  return demo;
}

test("the week is calm: nothing meets anything, in any zone, at any time of day", () => {
  for (const [zone, hour] of [["Asia/Seoul", 0], ["America/Los_Angeles", 9], ["Pacific/Kiritimati", 20], ["Europe/Berlin", 23]] as const) {
    vi.setSystemTime(Date.UTC(2026, 9, 24, hour, 58));
    const { world } = begun(zone, "en");
    const busy = taken(world, world.now - 8 * 86_400_000, world.now + 14 * 86_400_000);
    for (const [at, one] of busy.entries()) for (const other of busy.slice(at + 1)) expect(one.to <= other.from || other.to <= one.from, `${one.it.of.title}, ${other.it.of.title}`).toBe(true);
    expect(busy.length).toBeGreaterThan(10);
  }
});

test("there is something of everything in both languages: work done, an overdue task, one that waits, an inbox", () => {
  for (const locale of ["en", "ko"] as const) {
    const { world } = begun("Asia/Seoul", locale);
    const { days, goal, worked_seconds } = statistics(world, { period: "week" });
    expect(worked_seconds).toBeGreaterThan(3_600);
    expect(days.some((day) => day.completed > 0)).toBe(true);
    expect(goal?.attained_days).toBeGreaterThan(0);
    expect([...world.state.tasks.values()].some(({ depends_on }) => depends_on.length > 0)).toBe(true);
    const unread = world.state.notifications.filter(({ read_at }) => !read_at);
    expect(unread.length).toBeGreaterThan(0);
    expect(world.state.notifications.length).toBeGreaterThan(unread.length);
    for (const { title } of world.state.schedules.values()) expect(/[가-힣]/.test(title)).toBe(locale === "ko");
  }
});

test("something rings while one looks, by the clock of the page, and those who follow are told", () => {
  const { world } = begun("Asia/Seoul", "en");
  const told: string[] = [];
  world.listen(({ kind }) => told.push(kind));
  const before = world.state.notifications.length;
  vi.advanceTimersByTime(150_000);
  expect(world.state.notifications.length).toBe(before + 1);
  expect(world.state.notifications[0]?.title).toBe("Water the plants");
  expect(told).toEqual(["notification.created", "unread.changed"]);
});

test("what is refused half-way leaves everything as it was, and tells nobody", async () => {
  const demo = begun("Asia/Seoul", "en");
  const told: string[] = [];
  demo.world.listen(({ kind }) => told.push(kind));
  const [one] = [...demo.world.state.schedules.keys()];
  const body = JSON.stringify({ ids: [one, "sch_01jd2n9w3fkz8q4v6x0c5b7m1t"] });
  const answer = await demo.answer(new Request("http://demo.invalid/api/v1/schedules/bulk-delete", { method: "POST", body }));
  expect(answer.status).toBe(404);
  expect(demo.world.state.schedules.get(one ?? "")?.deleted).toBeUndefined();
  expect(told).toEqual([]);
});

test("what only a server can do says so, in the form of every refusal", async () => {
  const demo = begun("Asia/Seoul", "en");
  for (const [method, path, body] of [["POST", "api-keys", { name: "CI", scopes: [] }], ["POST", "calendar/feeds", { name: "Phone", privacy: "busy" }], ["POST", "users/me/password", {}], ["GET", "calendar/export", undefined]] as const) {
    const answer = await demo.answer(new Request(`http://demo.invalid/api/v1/${path}`, body === undefined ? { method } : { method, body: JSON.stringify(body) }));
    const problem = (await answer.json()) as { code: string; detail: string };
    expect([answer.status, problem.code], path).toEqual([501, "demo.not_available"]);
    expect(problem.detail).toMatch(/make an account/);
  }
});

test("an endless series costs no more than what is asked of it", async () => {
  const demo = begun("Asia/Seoul", "en");
  const ask = (method: string, path: string, body?: object): Promise<Response> => demo.answer(new Request(`http://demo.invalid/api/v1/${path}`, body ? { method, body: JSON.stringify(body) } : { method }));
  expect((await ask("POST", "schedules", { title: "Daily", start: "2026-11-22T06:00:00", duration: "PT10M", recurrence: { rrule: "FREQ=DAILY" } })).status).toBe(201);
  vi.useRealTimers();
  const begin = performance.now();
  for (const query of ["progress=IN_PROGRESS", "progress=NOT_STARTED&limit=1", "q=nothing", "limit=1"]) expect((await ask("GET", `schedules?${query}`)).status).toBe(200);
  // To the end of the calendar it would be 63,000 days, each time.
  expect(performance.now() - begin).toBeLessThan(5_000);
});

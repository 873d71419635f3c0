import { expect, test } from "vitest";

import type { AlarmView, NotificationView, TagList, UserView } from "../../src/api/schema";
import { counterpart, members, wall } from "./counterpart";

const contract = counterpart();

test("the profile is changed by version, and what is wrong in it is refused at its field", async () => {
  const ada = await contract.somebody();
  const me = await ada.must<UserView>(200, "GET", "users/me");
  expect(Object.keys(me).sort()).toEqual(members("UserView"));
  expect(me).toMatchObject({ time_zone: "Asia/Seoul", locale: "en", week_start: "monday", default_reminder_lead: "PT30M", daily_goal_seconds: 0, quiet_hours: null, wake_at: "07:00", sleep_at: "23:00" });
  await ada.refused(428, "identity.version_required", "PATCH", "users/me", { locale: "ko" });
  await ada.refused(412, "identity.version_mismatch", "PATCH", "users/me", { locale: "ko" }, { "if-match": '"99"' });
  const changed = await ada.must<UserView>(200, "PATCH", "users/me", { locale: "ko-KR", week_start: "sunday", default_reminder_lead: "PT10M" }, { "if-match": `"${String(me.version)}"` });
  expect(changed).toMatchObject({ locale: "ko", week_start: "sunday", default_reminder_lead: "PT10M", version: me.version + 1 });
  const wrong = { display_name: " ", time_zone: "Mars/Olympus", wake_at: "99" };
  const { errors } = await ada.refused(422, "identity.invalid", "PATCH", "users/me", wrong, { "if-match": "*" });
  expect(errors?.map(({ pointer }) => pointer).sort()).toEqual(["/display_name", "/time_zone", "/wake_at"]);
});

test("tags are made by being used, once in any case, and count what has them", async () => {
  const ada = await contract.somebody();
  await ada.must(201, "POST", "tasks", { title: "a", tags: ["Focus"] });
  await ada.must(201, "POST", "tasks", { title: "b", tags: ["focus", "home"] });
  const { items } = await ada.must<TagList>(200, "GET", "tags");
  expect(Object.keys(items[0] ?? {}).sort()).toEqual(members("TagView"));
  expect(items.map(({ name, tasks, schedules }) => [name, tasks, schedules])).toEqual([["Focus", 2, 0], ["home", 1, 0]]);
  expect((await ada.must<{ items: { title: string }[] }>(200, "GET", "tasks?tag=FOCUS")).items.map(({ title }) => title).sort()).toEqual(["a", "b"]);
  expect(await ada.must(200, "GET", "users/me/usage")).toMatchObject({ schedules: { used: 0 }, tags: { used: 2, limit: 500 }, categories: { used: 0, limit: 500 } });
  expect(await ada.must(200, "GET", "categories")).toEqual({ items: [], next_cursor: null });
});

test("what is due in quiet hours waits for their end, unless it is critical", async () => {
  const ada = await contract.somebody();
  const [start, end] = [wall(-60), wall(60)].map((at) => at.slice(11, 16));
  await ada.must(200, "PATCH", "users/me", { quiet_hours: { start, end } }, { "if-match": "*" });
  const range = `from=${new Date(Date.now() - 7_200_000).toISOString()}&to=${new Date(Date.now() + 7_200_000).toISOString()}`;
  await ada.must(201, "POST", "schedules?on_conflict=allow", { title: "Quiet", start: wall(20), duration: "PT2H" });
  await ada.must(201, "POST", "schedules?on_conflict=allow", { title: "Critical", start: wall(20), duration: "PT2H", reminders: [{ before: "PT30M", critical: true }] });
  await expect.poll(async () => (await ada.must<{ items: NotificationView[] }>(200, "GET", "notifications")).items.map(({ title }) => title)).toEqual(["Critical"]);
  const states = async (): Promise<string[]> => (await ada.must<{ items: AlarmView[] }>(200, "GET", `reminders?${range}`)).items.map(({ state, reason }) => `${state} ${reason ?? ""}`).sort();
  await expect.poll(states).toEqual(["FIRED late_created", "PENDING quiet_hours"]);
  await ada.must(200, "PATCH", "users/me", { quiet_hours: null }, { "if-match": "*" });
  await expect.poll(async () => (await ada.must<{ items: NotificationView[] }>(200, "GET", "notifications")).items.map(({ title }) => title)).toEqual(["Quiet", "Critical"]);
});

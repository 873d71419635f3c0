import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Schedule {
  id: string;
  title: string;
  task_id: string | null;
  start_at: string;
  end_at: string;
}

/** The date of today in Seoul, where everybody lives, and one some days later. */
function day(later = 0): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul" }).format(Date.now() + later * 86_400_000);
}

/** A person for whom it is now a little after ten in the morning: in the zone that is so far from here. */
async function morning(name: string, options: Parameters<typeof campanile.person>[1] = {}): Promise<Person> {
  const person = await campanile.person(name, { at: "/inbox", ...options });
  // `Etc/GMT-9` is nine hours east; a working day is before whoever is there, whenever the test is run.
  const hours = 10 - new Date().getUTCHours();
  const east = hours > 12 ? hours - 24 : hours < -11 ? hours + 24 : hours;
  const { version } = await person.api<{ version: number }>("GET", "users/me");
  const time_zone = east === 0 ? "Etc/UTC" : `Etc/GMT${east > 0 ? "-" : "+"}${String(Math.abs(east))}`;
  await person.api("PATCH", "users/me", { time_zone, daily_goal_seconds: 14_400, wake_at: "07:00", sleep_at: "23:00" }, { "if-match": `"${String(version)}"` });
  return person;
}

async function sessions({ api }: Person): Promise<Schedule[]> {
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const to = new Date(Date.now() + 14 * 86_400_000).toISOString();
  return (await api<{ items: Schedule[] }>("GET", `schedules?from=${from}&to=${to}`)).items.filter(({ task_id }) => task_id !== null);
}

function inMinutes(minutes: number): string {
  return new Date(Math.ceil(Date.now() / 300_000) * 300_000 + minutes * 60_000).toISOString();
}

async function ready(page: Page, title: string): Promise<ReturnType<Page["locator"]>> {
  const row = page.locator("[data-ready]", { hasText: title });
  await row.waitFor();
  return row;
}

test("the day says what is now and next, what rings, and what is late, and finds time for it", async () => {
  const ada = await morning("Ada");
  await ada.api("POST", "schedules", { title: "Standing meeting", start: inMinutes(-30), duration: "PT1H", reminders: [] });
  await ada.api("POST", "schedules", { title: "Lunch with Bo", start: inMinutes(120), duration: "PT1H", reminders: [{ before: "PT30M" }] });
  await ada.api("POST", "tasks", { title: "Tax papers", deadline: day(-3), estimate: "PT1H" });
  await ada.api("POST", "tasks", { title: "Write the report", deadline: day(2), estimate: "PT45M" });
  const { page } = ada;
  await page.goto("/");
  await page.getByRole("region", { name: "Now" }).getByText("Standing meeting").waitFor();
  await page.getByRole("region", { name: "Next", exact: true }).getByText("Lunch with Bo").waitFor();
  await page.getByRole("region", { name: "Next reminder" }).getByText("Lunch with Bo").waitFor();
  await page.getByText("0 %").waitFor();
  await page.getByText(/1 task is overdue/).waitFor();
  await ready(page, "Write the report");
  // The name of such a zone has the sign of sailors: it is shown by its offset alone.
  await page.getByRole("complementary").getByText(/^UTC[+−]\d+$/).waitFor();
  await inspect(page, "today-desk");

  await page.getByRole("button", { name: "Find time for them" }).click();
  await page.getByText("1 session is planned").waitFor();
  await page.getByRole("button", { name: /Tax papers/ }).first().waitFor();
  expect(await sessions(ada)).toHaveLength(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => sessions(ada)).toHaveLength(0);
});

test("a task is dragged into a free hour, or planned by its button, and begun and done from the list", async () => {
  const ada = await morning("Ada");
  await ada.api("POST", "schedules", { title: "Workshop", start: inMinutes(120), duration: "PT1H", reminders: [] });
  await ada.api("POST", "tasks", { title: "Write the report", estimate: "PT45M" });
  const { page } = ada;
  await page.goto("/today");
  const gap = page.locator("[data-gap]").first();
  await gap.waitFor();
  await (await ready(page, "Write the report")).dragTo(gap);
  await page.getByText(/“Write the report” is planned/).waitFor();
  const [session] = await sessions(ada);
  expect(Date.parse(session?.end_at ?? "") - Date.parse(session?.start_at ?? "")).toBe(45 * 60_000);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => sessions(ada)).toHaveLength(0);

  await page.getByRole("button", { name: "Plan Write the report" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Plan a session" }).click();
  await expect.poll(() => sessions(ada)).toHaveLength(1);

  // What is begun goes on in the player, and in the list.
  await page.getByRole("button", { name: "Begin Workshop" }).click();
  await page.getByRole("button", { name: "Pause Workshop" }).waitFor();
  await page.getByRole("button", { name: "Complete Workshop" }).click();
  await page.getByText("“Workshop” is done").waitFor();
  await page.getByRole("checkbox", { name: /Write the report/ }).click();
  await page.getByText("No task is ready").waitFor();
});

test("a phone begins with today, in Korean", async () => {
  const ada = await morning("에이다", { ...PHONE, ...KOREAN });
  await ada.api("POST", "schedules", { title: "주간 회의", start: inMinutes(90), duration: "PT1H", reminders: [{ before: "PT10M" }] });
  await ada.api("POST", "tasks", { title: "보고서 쓰기", deadline: day(1) });
  const { page } = ada;
  await page.goto("/");
  await page.getByRole("heading", { level: 1, name: "오늘" }).waitFor();
  await ready(page, "보고서 쓰기");
  await page.getByRole("region", { name: "다음 알림" }).getByText("주간 회의").waitFor();
  await inspect(page, "today-phone-ko");
});

import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Schedule {
  id: string;
  title: string;
  progress: { state: string };
}

function player(page: Page, name = "What you are working on"): Locator {
  return page.getByRole("region", { name });
}
function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}
function meeting({ api }: Person, title: string): Promise<Schedule> {
  return api("POST", "schedules?on_conflict=allow", { title, start: inMinutes(-10), duration: "PT1H", reminders: [] });
}

test("a task that is begun goes along on every screen and every device, is paused, gone on with and completed", async () => {
  const ada = await campanile.person("Ada", { at: "/tasks" });
  const { page, api } = ada;
  const other = await ada.context.newPage();
  await other.goto("/inbox");
  await other.getByRole("heading", { level: 1, name: "Inbox" }).waitFor();
  expect(await player(other).count()).toBe(0);

  await page.bringToFront();
  await page.getByLabel("Add a task and press Enter").fill("Write the report");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Begin: Write the report" }).click();
  await player(page).getByText("In progress").waitFor();
  await player(other).getByText("Write the report").waitFor();
  // It ticks, by the server's clock, and shows the same in both tabs.
  await expect.poll(() => player(page).locator("[data-clock]").innerText()).not.toBe("0:00");

  await player(page).getByRole("button", { name: "Pause" }).click();
  await player(other).getByText("Paused").waitFor();
  await other.bringToFront();
  await player(other).getByRole("button", { name: "Go on" }).click();
  await player(page).getByText("In progress").waitFor();
  await player(other).getByRole("button", { name: "Complete" }).click();
  await player(page).waitFor({ state: "detached" });
  await page.bringToFront();
  await page.getByText("Nothing to do").waitFor();
  const { items } = await api<{ items: { state: string }[] }>("GET", "tasks?state=completed");
  expect(items.length).toBe(1);
  const { worked_seconds, completed } = await api<{ worked_seconds: number; completed: number }>("GET", "statistics?period=day");
  expect(worked_seconds).toBeGreaterThan(0);
  expect(completed).toBe(1);
});

test("what is begun beside something else asks, and pauses that if it is wanted", async () => {
  const ada = await campanile.person("Busy", { at: "/tasks" });
  const { page, api } = ada;
  const first = await meeting(ada, "Weekly meeting");
  await api("POST", `schedules/${first.id}/start`);
  await player(page).getByText("Weekly meeting").waitFor();
  await api("POST", "tasks", { title: "Answer letters" });
  await page.getByRole("button", { name: "Begin: Answer letters" }).click();
  const dialog = page.getByRole("dialog", { name: "Something else is in progress" });
  await dialog.getByText("“Weekly meeting” is in progress").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await api<{ items: unknown[] }>("GET", `schedules?from=${inMinutes(-120)}&to=${inMinutes(120)}`)).items.length, "nothing was left in the calendar").toBe(1);

  await page.getByRole("button", { name: "Begin: Answer letters" }).click();
  await dialog.getByRole("button", { name: "Pause it and begin" }).click();
  await player(page).getByText("Answer letters").waitFor();
  expect((await api<Schedule>("GET", `schedules/${first.id}`)).progress.state).toBe("SUSPENDED");
});

test("work is taken back only after a question, and is not counted then", async () => {
  const ada = await campanile.person("Mistake", { at: "/settings" });
  const { page, api } = ada;
  const made = await meeting(ada, "By mistake");
  await api("POST", `schedules/${made.id}/start`, { at: inMinutes(-2) });
  await player(page).getByRole("button", { name: "Take back" }).click();
  await page.getByRole("dialog").getByText(/2 minutes worked are not counted/).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await player(page).waitFor({ state: "detached" });
  expect((await api<{ worked_seconds: number }>("GET", "statistics?period=day")).worked_seconds).toBe(0);
});

test("an occurrence of a series is played alone, and the player is the same after the server was away", async () => {
  const ada = await campanile.person("Series", { at: "/inbox" });
  const { page, api } = ada;
  const series = await api<Schedule>("POST", "schedules", { title: "Morning pages", start: inMinutes(-5), duration: "PT30M", reminders: [], recurrence: { rrule: "FREQ=DAILY;COUNT=5" } });
  const { items } = await api<{ items: (Schedule & { recurrence_id: string })[] }>("GET", `schedules?from=${inMinutes(-60)}&to=${inMinutes(60)}`);
  await api("POST", `schedules/${series.id}/start`, { recurrence_id: items[0]?.recurrence_id });
  await player(page).getByText("Morning pages").waitFor();
  await campanile.server.kill();
  await campanile.server.start();
  await player(page).getByText("In progress").waitFor();
  // Its button reaches the server as soon as that is heard again.
  await page.getByText("Not connected. Trying again…").first().waitFor({ state: "detached", timeout: 20_000 });
  await player(page).getByRole("button", { name: "Complete" }).click();
  await player(page).waitFor({ state: "detached" });
  const after = await api<{ items: Schedule[] }>("GET", "schedules?progress=COMPLETED");
  expect(after.items.length).toBe(1);
});

test("the player is readable for everybody, on desk and phone, in both languages", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const ada = await campanile.person("Looks", { ...options, at: "/tasks" });
    const { page, api } = ada;
    for (const title of ["책 읽기", "Water the plants"]) await api("POST", "tasks", { title });
    const made = await meeting(ada, "Write the quarterly report for the people who asked for it twice already");
    await api("POST", `schedules/${made.id}/start`, { at: inMinutes(-4) });
    await page.locator("[data-player=IN_PROGRESS]").waitFor();
    await inspect(page, `player-${name}`);
    await page.getByRole("button", { name: /Take back|시작 취소/ }).click();
    await page.getByRole("dialog").waitFor();
    await inspect(page, `player-back-${name}`);
  }
});

import { expect, test } from "vitest";

import { PASSWORD, house } from "./house";

const campanile = house();

/** The wall time in Seoul, so many minutes from now: `["2026-11-20", "09:30"]`. */
function seoul(minutes: number): [date: string, time: string] {
  const at = new Date(Date.now() + (minutes + 9 * 60) * 60_000).toISOString();
  return [at.slice(0, 10), at.slice(11, 16)];
}

test("a day from the first visit on: plan, be reminded, snooze, find another time, work, and see what was worked", async () => {
  const { page } = await campanile.open();
  const screen = (name: string): Promise<void> => page.getByRole("navigation").first().getByRole("link", { name }).click();
  const heading = (name: string): Promise<void> => page.getByRole("heading", { level: 1, name }).waitFor();

  await page.goto("/signup");
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail address").fill("story@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make an account" }).click();

  // Something that repeats, and whose reminder is due already: it rings while one looks.
  await screen("Calendar");
  await heading("Calendar");
  await page.getByRole("button", { name: "New schedule" }).first().click();
  const editor = page.getByRole("dialog", { name: "New schedule" });
  const [date, time] = seoul(20);
  await editor.getByLabel("Title").fill("Stretch");
  await editor.getByLabel("Starts, date").fill(date);
  await editor.getByLabel("Starts, time").fill(time);
  await editor.getByLabel("Repeats").selectOption({ label: "Daily" });
  await editor.getByRole("button", { name: "Save" }).click();
  await page.getByText("“Stretch” is planned").waitFor();
  const close = page.getByRole("dialog", { name: "Stretch" }).getByRole("button", { name: "Close" });
  await close.click();

  await page.locator("[data-unread]").first().waitFor();
  await screen("Inbox");
  const rung = page.getByRole("listitem").filter({ hasText: "Stretch" });
  await rung.getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "10 minutes" }).click();
  await page.getByText(/Rings again at/).waitFor();

  // The same time again is refused, with what is free instead.
  await screen("Calendar");
  await heading("Calendar");
  await page.getByRole("button", { name: "New schedule" }).first().click();
  await editor.getByLabel("Title").fill("Dentist");
  await editor.getByLabel("Starts, date").fill(date);
  await editor.getByLabel("Starts, time").fill(time);
  await editor.getByRole("button", { name: "Save" }).click();
  const taken = page.getByRole("dialog", { name: /taken/i });
  await taken.getByText("Stretch").first().waitFor();
  await taken.getByRole("listitem").filter({ has: page.getByRole("button") }).first().getByRole("button").click();
  await page.getByText("“Dentist” is planned").waitFor();

  await screen("Tasks");
  await page.getByLabel("Add a task and press Enter").fill("Write the report");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Begin: Write the report" }).click();
  const player = page.getByRole("region", { name: "What you are working on" });
  await expect.poll(() => player.locator("[data-clock]").innerText()).not.toBe("0:00");
  await player.getByRole("button", { name: "Pause" }).click();
  await player.getByText("Paused").waitFor();
  await screen("Statistics");
  await player.getByRole("button", { name: "Go on" }).click();
  await player.getByText("In progress").waitFor();
  await player.getByRole("button", { name: "Complete" }).click();
  await expect.poll(() => page.locator("[data-completed]").getAttribute("data-completed")).toBe("1");
  expect(Number(await page.locator("[data-worked]").getAttribute("data-worked"))).toBeGreaterThan(0);
});

import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Schedule {
  id: string;
  title: string;
  start: string;
  end: string;
  version: number;
  recurrence_id: string | null;
  recurrence: { rrule: string } | null;
}

// A week far enough away that nothing of it is over: from Monday, 7 June 2027.
const WEEK = "/calendar/week/2027-06-09";

async function listed({ api }: Person): Promise<Schedule[]> {
  return (await api<{ items: Schedule[] }>("GET", "schedules?from=2027-06-01&to=2027-07-01&limit=200")).items;
}

function event(page: Page, title: string): Locator {
  return page.locator("article.ec-event", { hasText: title });
}

async function plan({ api }: Person, title: string, start: string, more: object = {}): Promise<Schedule> {
  return api("POST", "schedules", { title, start, duration: "PT1H", reminders: [], ...more });
}

/** Takes `what` by `grip` of its height and lets it go so many pixels further. */
async function drag(page: Page, what: Locator, by: { x?: number; y?: number }, grip = 0.5): Promise<void> {
  const box = await what.boundingBox();
  if (!box) throw new Error("it is not there");
  const [x, y] = [box.x + box.width / 2, box.y + box.height * grip];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + (by.x ?? 0) / 2, y + (by.y ?? 0) / 2, { steps: 3 });
  await page.mouse.move(x + (by.x ?? 0), y + (by.y ?? 0), { steps: 3 });
  await page.mouse.up();
}

test("a schedule is dragged to another day and hour, drawn longer, and put back", async () => {
  const ada = await campanile.person("Ada", { at: "/inbox" });
  await plan(ada, "Review", "2027-06-09T10:00:00");
  const { page } = ada;
  await page.goto(WEEK);
  const review = event(page, "Review");
  await review.waitFor();
  const column = (await page.locator(".ec-time-grid .ec-body .ec-day").first().boundingBox())?.width ?? 0;

  await drag(page, review, { x: column, y: 52 });
  await page.getByText(/“Review” is now Thu, 10 Jun 2027, 11:00 – 12:00/).waitFor();
  expect((await listed(ada))[0]).toMatchObject({ start: "2027-06-10T11:00:00", end: "2027-06-10T12:00:00" });
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("“Review” is back").waitFor();
  expect((await listed(ada))[0]).toMatchObject({ start: "2027-06-09T10:00:00", end: "2027-06-09T11:00:00" });

  await review.hover();
  await drag(page, review.locator(".ec-resizer"), { y: 26 });
  await page.getByText(/10:00 – 11:30/).first().waitFor();
  await expect.poll(async () => (await listed(ada))[0]?.end).toBe("2027-06-09T11:30:00");
  await inspect(page, "calendar-week");
});

test("a schedule is drawn on the board, named, found live by another window, deleted and restored", async () => {
  const ada = await campanile.person("Ada", { at: WEEK });
  const { page, context } = ada;
  await page.locator(".ec-time-grid .ec-body .ec-day").nth(2).waitFor();
  const other = await context.newPage();
  await other.goto("/calendar/month/2027-06-09");
  await other.locator(".ec-day-grid").waitFor();

  await page.bringToFront();
  const day = page.locator(".ec-time-grid .ec-body .ec-day").nth(2);
  const box = await day.boundingBox();
  if (!box) throw new Error("no day");
  const y = (page.viewportSize()?.height ?? 0) / 2;
  await page.mouse.move(box.x + 20, y);
  await page.mouse.down();
  await page.mouse.move(box.x + 20, y + 40, { steps: 4 });
  await page.mouse.up();
  const dialog = page.getByRole("dialog", { name: "New schedule" });
  await dialog.waitFor();
  expect(await dialog.getByLabel("Starts, date").inputValue()).toBe("2027-06-09");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.locator("[aria-invalid=true]").waitFor();
  await inspect(page, "calendar-editor");
  await dialog.getByLabel("Title").fill("Paint the door");
  await dialog.getByLabel("Title").press("Enter");
  await page.getByText("“Paint the door” is planned").waitFor();
  await event(page, "Paint the door").waitFor();
  await other.bringToFront();
  await event(other, "Paint the door").waitFor();
  await inspect(other, "calendar-month");
  await page.bringToFront();

  await event(page, "Paint the door").click();
  await page.getByRole("dialog", { name: "Paint the door" }).getByRole("button", { name: "Delete" }).click();
  await event(page, "Paint the door").waitFor({ state: "detached" });
  await event(other, "Paint the door").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).last().click();
  await event(page, "Paint the door").waitFor();
});

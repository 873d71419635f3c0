import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

/** What the page asks of the server beside its own files. */
function asked(page: Page): string[] {
  const all: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (!/^\/(assets\/.*|demo(\/.*)?|icon[^/]*|manifest\.webmanifest|favicon\.ico)$/.test(pathname)) all.push(`${request.method()} ${pathname}`);
  });
  return all;
}

/** The wall time in Seoul, so many minutes from now. */
function seoul(minutes: number): [date: string, time: string] {
  const at = new Date(Date.now() + (minutes + 9 * 60) * 60_000).toISOString();
  return [at.slice(0, 10), at.slice(11, 16)];
}

test("without an account and without a server: plan, be reminded, snooze, work and see what was worked", async () => {
  const { page, context } = await campanile.open();
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  // Whoever does not open the demonstration loads nothing of it.
  expect(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/assets/demo-")).length)).toBe(0);
  const requests = asked(page);
  await page.getByRole("link", { name: "Try it without an account" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "Demonstration" }).waitFor();
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/demo/today");
  // All of it is there by now: from here on there is no network at all.
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);

  const screen = (name: string): Promise<void> => page.getByRole("navigation").first().getByRole("link", { name }).click();
  const heading = (name: string): Promise<void> => page.getByRole("heading", { level: 1, name }).waitFor();
  await screen("Calendar");
  await heading("Calendar");
  await page.getByRole("button", { name: "New schedule" }).first().click();
  const editor = page.getByRole("dialog", { name: "New schedule" });
  const [date, time] = seoul(25);
  const fill = async (title: string): Promise<void> => {
    await editor.getByLabel("Title").fill(title);
    await editor.getByLabel("Starts, date").fill(date);
    await editor.getByLabel("Starts, time").fill(time);
  };
  await fill("Stretch");
  await editor.getByLabel("Repeats").selectOption({ label: "Daily" });
  // Every day at this time, whatever the week holds: the question is answered where it comes up.
  await editor.getByRole("button", { name: "Save" }).click();
  const taken = page.getByRole("dialog", { name: /taken/i });
  await taken.or(page.getByText("“Stretch” is planned")).first().waitFor();
  if (await taken.isVisible()) await taken.getByRole("button", { name: "Save anyway" }).click();
  await page.getByText("“Stretch” is planned").waitFor();
  await page.getByRole("dialog", { name: "Stretch" }).getByRole("button", { name: "Close" }).click();

  // The same time again is refused, with what is there.
  await page.getByRole("button", { name: "New schedule" }).first().click();
  await fill("Dentist");
  await editor.getByRole("button", { name: "Save" }).click();
  await taken.getByText("Stretch").first().waitFor();
  await taken.getByRole("listitem").filter({ has: page.getByRole("button") }).first().getByRole("button").click();
  await page.getByText("“Dentist” is planned").waitFor();

  await screen("Inbox");
  const rung = page.getByRole("listitem").filter({ hasText: "Stretch" });
  await rung.getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "10 minutes" }).click();
  await page.getByText(/Rings again at/).waitFor();

  await screen("Tasks");
  await page.getByLabel("Add a task and press Enter").fill("Write a letter");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Begin: Write a letter" }).click();
  const player = page.getByRole("region", { name: "What you are working on" });
  await expect.poll(() => player.locator("[data-clock]").innerText()).not.toBe("0:00");
  await player.getByRole("button", { name: "Pause" }).click();
  await player.getByText("Paused").waitFor();
  await screen("Statistics");
  await heading("Statistics");
  const completed = Number(await page.locator("[data-completed]").getAttribute("data-completed"));
  await player.getByRole("button", { name: "Go on" }).click();
  await player.getByText("In progress").waitFor();
  await player.getByRole("button", { name: "Complete" }).click();
  await expect.poll(async () => Number(await page.locator("[data-completed]").getAttribute("data-completed"))).toBe(completed + 1);

  // Others have said something, and are answered.
  await screen("Rooms");
  await page.getByRole("link", { name: /Summer trip/ }).click();
  const story = page.getByRole("log");
  await story.getByText("New since you were here").waitFor();
  await page.getByLabel("Write to the room").fill("Thank you, @Mi");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const thanks = story.getByRole("listitem").filter({ hasText: "Thank you, @Mina" });
  await thanks.waitFor();
  await thanks.getByRole("button", { name: "React", exact: true }).click();
  await page.keyboard.press("Enter");
  await thanks.getByRole("button", { name: "👍 1, you too" }).waitFor();

  // What is waited for comes back, and everybody in line is told.
  await screen("Restock");
  await page.getByRole("link", { name: /Paper lantern/ }).click();
  await page.getByRole("button", { name: "Set the stock" }).click();
  await page.getByLabel("In stock").fill("20");
  await page.getByText("45 people would be told").waitFor();
  await page.getByRole("button", { name: "Save, and begin the round" }).click();
  await page.locator("[data-round] [data-status=COMPLETED]").waitFor();
  expect(await page.locator("[data-count=sent]").innerText()).toBe("44");

  // What needs a server says so.
  await screen("Settings");
  await page.getByRole("button", { name: "New feed" }).click();
  await page.getByRole("button", { name: "Make the feed" }).click();
  await page.getByText(/make an account to share it/).waitFor();
  expect(requests).toEqual([]);
  await context.setOffline(false);
});

test("on a phone in Korean it is a whole page that nobody else's session touches, and that a reload begins anew", async () => {
  const ada = await campanile.person("Demo", { at: "/tasks" });
  const page = await ada.context.newPage();
  const requests = asked(page);
  await page.goto("/demo/tasks");
  await page.getByRole("complementary", { name: "Demonstration" }).waitFor();
  await page.getByLabel("Add a task and press Enter").fill("Only here");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Only here" }).or(page.getByText("Only here")).first().waitFor();
  expect((await ada.api<{ items: unknown[] }>("GET", "tasks")).items).toEqual([]);
  await page.reload();
  await page.getByText("Renew the passport").first().waitFor();
  expect(await page.getByText("Only here").count()).toBe(0);
  expect(requests).toEqual([]);
  // Leaving the demonstration leaves the session of this browser alone.
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/today$/);
  expect(await page.getByRole("complementary", { name: "Demonstration" }).count()).toBe(0);
  expect(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/assets/demo-")).length)).toBe(0);

  const { page: phone } = await campanile.open({ ...PHONE, ...KOREAN });
  const heard = asked(phone);
  await phone.goto("/demo");
  await phone.getByText("둘러보기 화면입니다").waitFor();
  await phone.getByText("여행기 초안").or(phone.getByText("사진 고르기")).first().waitFor();
  await phone.waitForLoadState("networkidle");
  await inspect(phone, "demo-phone-ko");
  await phone.getByRole("link", { name: "알림함" }).first().click();
  await phone.getByText("주간 회의").first().waitFor();
  expect(heard).toEqual([]);
});

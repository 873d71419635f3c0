import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import { KOREAN, PASSWORD, PHONE, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Profile {
  time_zone: string;
  locale: string;
  default_reminder_lead: string;
  daily_goal_seconds: number;
  week_start: string;
  wake_at: string;
  sleep_at: string;
  quiet_hours: { start: string; end: string; days: string[] } | null;
}

test("every setting is kept by the server and shown at once, also on another device", async () => {
  const { page, context, api } = await campanile.person("Ada", { at: "/settings" });
  const other = await context.newPage();
  await other.goto("/inbox");
  // A tab in the background draws once a second, and a click waits for what it draws.
  await page.bringToFront();
  const read = (): Promise<Profile> => api("GET", "users/me");

  const you = page.getByRole("region", { name: "You", exact: true });
  await you.getByLabel("Time zone").fill("Europe/Nowhere");
  await you.getByRole("button", { name: "Save" }).click();
  await you.getByText("Choose one from the list, such as Asia/Seoul.").waitFor();
  await you.getByLabel("Time zone").fill("America/St_Johns");
  await you.getByRole("button", { name: "Save" }).click();
  for (const tab of [page, other]) await tab.getByRole("complementary").getByText("America/St_Johns · UTC−3:30").waitFor();
  await you.getByText("Sunday").click();
  await expect.poll(async () => (await read()).week_start).toBe("sunday");

  const bells = page.getByRole("region", { name: "Reminders" });
  await bells.getByLabel("Ring before a start").selectOption({ label: "1 hour before" });
  await bells.getByRole("switch", { name: "Quiet hours" }).click();
  await bells.getByLabel("From").fill("23:00");
  await bells.getByLabel("Until").fill("06:30");
  await bells.getByText("Sat", { exact: true }).click();
  await bells.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await read()).default_reminder_lead).toBe("PT1H");
  const saved = await read();
  expect(saved.quiet_hours).toMatchObject({ start: "23:00", end: "06:30" });
  expect(saved.quiet_hours?.days).not.toContain("saturday");
  expect(saved.quiet_hours?.days.length).toBe(6);

  const day = page.getByRole("region", { name: "Your day" });
  await day.getByLabel("Getting up").fill("06:00");
  await day.getByLabel("Going to sleep").fill("22:15");
  await day.getByLabel("Goal of a day (hours)").fill("4.5");
  await day.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await read()).daily_goal_seconds).toBe(16_200);
  expect(await read()).toMatchObject({ wake_at: "06:00", sleep_at: "22:15" });

  await you.getByText("한국어").click();
  for (const tab of [page, other]) await tab.getByRole("link", { name: "설정" }).first().waitFor();
  expect((await read()).locale).toBe("ko");
  await page.reload();
  const reminders = page.getByRole("region", { name: "알림", exact: true });
  expect(await reminders.getByLabel("시작 전 알림").inputValue()).toBe("3600");
});

test("dark is dark here alone, and stays so", async () => {
  const { page } = await campanile.person("Night", { at: "/settings" });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  expect(await ground()).toBe(dark);
});

test("a password is changed with the present one, and other devices are signed out", async () => {
  const { page, email } = await campanile.person("Careful", { at: "/settings" });
  const { page: phone } = await campanile.open(PHONE);
  await phone.goto("/login");
  await phone.getByLabel("E-mail address").fill(email);
  await phone.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await phone.getByRole("button", { name: "Sign in" }).click();
  await phone.getByRole("navigation").first().waitFor();

  const devices = page.getByRole("region", { name: "Devices signed in" });
  await devices.getByRole("button", { name: "Sign out" }).waitFor();
  expect(await devices.getByText("This device").count()).toBe(1);

  const password = page.getByRole("region", { name: "Password", exact: true });
  await password.getByLabel("Present password").fill("not the present one");
  await password.getByLabel("New password").fill("another bell tower by the sea");
  await password.getByRole("button", { name: "Change the password" }).click();
  await password.getByRole("alert").waitFor();
  await password.getByLabel("Present password").fill(PASSWORD);
  await password.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The password is changed").waitFor();
  await phone.getByRole("dialog", { name: "Please sign in again" }).waitFor();
  await devices.getByRole("button", { name: "Sign out" }).waitFor({ state: "detached" });
});

test("a key and a feed are shown once, work, and stop working when they are revoked", async () => {
  const { page } = await campanile.person("Programs", { at: "/settings" });
  const keys = page.getByRole("region", { name: "API keys" });
  await keys.getByRole("button", { name: "New key" }).click();
  await keys.getByLabel("Name").fill("Backup");
  await keys.getByRole("button", { name: "Make the key" }).click();
  const secret = await keys.getByLabel(/This is its secret/).inputValue();
  expect(secret).toMatch(/^cmp_/);
  const ask = async (): Promise<number> => (await fetch(`${campanile.server.url}/api/v1/schedules?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await ask()).toBe(200);

  const feeds = page.getByRole("region", { name: "Calendar feeds" });
  await feeds.getByRole("button", { name: "New feed" }).click();
  await feeds.getByLabel("Name").fill("Phone");
  await feeds.getByLabel("What it shows").selectOption("busy");
  await feeds.getByRole("button", { name: "Make the feed" }).click();
  const address = await feeds.getByLabel(/This is its address/).inputValue();
  expect((await (await fetch(address)).text()).startsWith("BEGIN:VCALENDAR")).toBe(true);

  await page.reload();
  await keys.getByRole("button", { name: "Delete the key: Backup" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the key" }).click();
  await keys.getByText("No keys yet").waitFor();
  await expect.poll(ask, { timeout: 10_000 }).toBe(401);
  await feeds.getByRole("button", { name: "Revoke: Phone" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await feeds.getByText("No feeds yet").waitFor();
  await expect.poll(async () => (await fetch(address)).status).toBe(404);
});

test("what suggestions have learned is shown, and forgotten on request", async () => {
  const { page, api } = await campanile.person("Learned", { at: "/settings" });
  const habits = page.getByRole("region", { name: "What suggestions have learned" });
  await habits.getByText("Nothing yet").waitFor();
  const { id } = await api<{ id: string }>("POST", "schedules", { title: "Write", start: new Date().toISOString(), duration: "PT1H", reminders: [] });
  const minutesAgo = (n: number): string => new Date(Date.now() - n * 60_000).toISOString();
  await api("POST", `schedules/${id}/start`, { at: minutesAgo(3) });
  await api("POST", `schedules/${id}/complete`, { at: minutesAgo(1) });
  await habits.getByText(/day at \d\d:00, \d+ (minutes?|seconds) in all/).first().waitFor();
  await habits.scrollIntoViewIfNeeded();
  await inspect(page, "settings-habits-desk-en");
  await habits.getByRole("button", { name: "Forget it" }).click();
  await page.getByRole("dialog", { name: "Forget it" }).getByRole("button", { name: "Forget it" }).click();
  await page.getByText("It is forgotten").waitFor();
  await habits.getByText("Nothing yet").waitFor();
  expect((await api<{ hours: number[] }>("GET", "habits")).hours.every((seconds) => seconds === 0)).toBe(true);
});

test("the calendar goes out as a file, and a file comes in after it was said what it would do", async () => {
  const { page, api } = await campanile.person("Files", { at: "/settings" });
  await api("POST", "schedules", { title: "Choir", start: "2027-06-09T10:00:00", duration: "PT1H" });
  const files = page.getByRole("region", { name: "Calendar files" });
  const [saved] = await Promise.all([page.waitForEvent("download"), files.getByRole("button", { name: "Save a file" }).click()]);
  expect(saved.suggestedFilename()).toBe("campanile.ics");
  const text = await readFile(await saved.path(), "utf8");
  expect(text).toContain("SUMMARY:Choir");

  const event = (uid: string, more: string): string => `BEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20270601T000000Z\r\nSUMMARY:${uid}\r\n${more}\r\nEND:VEVENT\r\n`;
  const file = (...events: string[]): { name: string; mimeType: string; buffer: Buffer } => ({
    name: "town.ics",
    mimeType: "text/calendar",
    buffer: Buffer.from(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Town//EN\r\n${events.join("")}END:VCALENDAR\r\n`),
  });
  const market = event("Market", "DTSTART:20270610T080000Z\r\nDTEND:20270610T100000Z");
  const input = files.getByLabel("Read a file…").and(page.locator("input"));
  await input.setInputFiles(file(market, event("Broken", "DTSTART:20270610T080000Z\r\nRRULE:FREQ=NEVER")));
  await files.getByText("What cannot be kept:").waitFor();
  await files.getByRole("button", { name: "Import what can be kept" }).click();
  await files.getByText("1 new").waitFor();
  await files.getByText("1 left out").waitFor();
  const titles = async (): Promise<string[]> => (await api<{ items: { title: string }[] }>("GET", "schedules?from=2027-06-01&to=2027-07-01")).items.map(({ title }) => title);
  expect(await titles()).toEqual(["Choir"]);
  await files.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("1 schedule is imported").waitFor();
  expect(await titles()).toEqual(["Choir", "Market"]);
  await input.setInputFiles(file(market));
  await files.getByText("1 as they are here already").waitFor();
  await files.getByText("Nothing of it is new here.").waitFor();
});

test("the whole of the settings is readable for everybody", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const { page } = await campanile.person("Looks", { ...options, at: "/settings" });
    await page.getByRole("switch").click();
    const sections = page.getByRole("region");
    await expect.poll(() => sections.count()).toBe(10);
    await page.getByRole("button", { name: /New key|새 키/ }).click();
    await inspect(page, `settings-whole-${name}`);
  }
});

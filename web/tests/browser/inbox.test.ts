import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

async function ring({ api }: Person, title: string): Promise<void> {
  const start = new Date(Date.now() + 60_000).toISOString();
  await api("POST", "schedules?on_conflict=allow", { title, start, duration: "PT15M", reminders: [{ before: "PT1H" }] });
}

test("a reminder arrives live, is snoozed, read, found by filters, and deleted", async () => {
  const ada = await campanile.person("Ada");
  const { page } = ada;
  await page.getByText("Reminders arrive here the moment they ring").waitFor();
  await ring(ada, "Stretch");
  const item = page.getByRole("listitem").filter({ hasText: "Stretch" });
  await item.waitFor();
  expect(await page.locator("[data-unread]").first().innerText()).toBe("1");

  await item.getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "10 minutes" }).click();
  await page.getByText(/Rings again at/).waitFor();
  await item.getByRole("button", { name: "Mark as unread" }).waitFor();
  const from = new Date(Date.now() - 60_000).toISOString();
  const to = new Date(Date.now() + 3_600_000).toISOString();
  const { items } = await ada.api<{ items: { snooze: number; state: string }[] }>("GET", `reminders?from=${from}&to=${to}`);
  expect(items.filter(({ snooze, state }) => snooze === 1 && state === "PENDING").length).toBe(1);

  await page.getByText("Unread", { exact: true }).click();
  await page.getByText("Everything is read").waitFor();
  expect(new URL(page.url()).search).toBe("?state=unread");
  await page.goBack().catch(() => undefined);
  await page.goto("/inbox");
  await item.getByRole("button", { name: "Delete" }).click();
  await item.waitFor({ state: "detached" });
});

test("a notification leads to what rang: a schedule, or one occurrence of a series", async () => {
  const ada = await campanile.person("Leads");
  const { page } = ada;
  const start = new Date(Date.now() + 60_000).toISOString();
  await ring(ada, "Once");
  await ada.api("POST", "schedules?on_conflict=allow", { title: "Every day", start, duration: "PT15M", time_zone: "Asia/Seoul", recurrence: { rrule: "FREQ=DAILY;COUNT=5" }, reminders: [{ before: "PT1H" }] });
  for (const title of ["Once", "Every day"]) {
    await page.getByRole("main").getByRole("link", { name: title }).click();
    await page.getByRole("dialog", { name: title }).waitFor();
    expect(new URL(page.url()).searchParams.has("occurrence")).toBe(title === "Every day");
    expect(await page.getByRole("dialog").getByRole("alert").count()).toBe(0);
    await page.goto("/inbox");
  }
  await expect.poll(() => page.getByRole("button", { name: "Mark as unread" }).count()).toBe(2);
});

test("what is read on another device is read here", async () => {
  const ada = await campanile.person("Devices");
  await ring(ada, "One");
  await ring(ada, "Two");
  await expect.poll(() => ada.page.locator("[data-unread]").first().innerText()).toBe("2");
  await ada.api("POST", "notifications/read", { all: true });
  await ada.page.locator("[data-unread]").first().waitFor({ state: "detached" });
  await expect.poll(() => ada.page.getByRole("button", { name: "Mark as unread" }).count()).toBe(2);
});

test("the inbox is readable for everybody, full and empty", async () => {
  for (const [name, options] of [["desk-en", {}], ["desk-ko", KOREAN], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const ada = await campanile.person("Looks", { ...options, at: "/inbox" });
    await ada.page.getByRole("main").getByText(/Nothing here|아직 알림이 없습니다/).waitFor();
    await inspect(ada.page, `inbox-empty-${name}`);
    for (const title of ["치과 예약", "Write the quarterly report for the people who asked for it twice already", "스트레칭"]) await ring(ada, title);
    await expect.poll(() => ada.page.getByRole("main").getByRole("heading", { level: 3 }).count()).toBe(3);
    await inspect(ada.page, `inbox-${name}`);
  }
});

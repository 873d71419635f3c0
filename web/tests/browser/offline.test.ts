import { expect, test } from "vitest";

import { type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

async function ring({ api }: Person, title: string): Promise<void> {
  const start = new Date(Date.now() + 60_000).toISOString();
  await api("POST", "schedules?on_conflict=allow", { title, start, duration: "PT15M", reminders: [{ before: "PT1H" }] });
}

test("without the server the page opens with what was read last, and what is done then is sent when it is back, once", async () => {
  const ada = await campanile.person("Ada", { at: "/inbox", serviceWorkers: "allow" });
  const { page } = ada;
  await ring(ada, "Read on the train");
  const item = page.getByRole("listitem").filter({ hasText: "Read on the train" });
  await item.getByRole("button", { name: "Mark as read" }).waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await item.getByRole("button", { name: "Mark as read" }).waitFor();

  await campanile.server.kill();
  await page.reload();
  await page.getByText("Shown as it was at").waitFor();
  await item.getByRole("button", { name: "Mark as read" }).click();
  await item.getByRole("button", { name: "Mark as unread" }).waitFor();
  await page.getByText("1 change waits to be sent.").waitFor();
  await inspect(page, "offline-desk-en");

  await campanile.server.start();
  await page.getByText("1 change waits to be sent.").waitFor({ state: "detached", timeout: 20_000 });
  await expect.poll(async () => (await ada.api<{ count: number }>("GET", "notifications/unread")).count).toBe(0);
  await item.getByRole("button", { name: "Mark as unread" }).waitFor();
  await expect.poll(() => page.locator("[data-unread]").count()).toBe(0);
});

test("whoever signs out leaves nothing behind on the device", async () => {
  const ada = await campanile.person("Leaving", { at: "/inbox" });
  await ring(ada, "Nobody's business");
  await ada.page.getByRole("listitem").filter({ hasText: "Nobody's business" }).waitFor();
  const kept = (): Promise<string[]> => ada.page.evaluate(async () => [...(await caches.keys()).filter((name) => name.startsWith("campanile-read")), ...Object.keys(localStorage).filter((name) => name === "campanile-last")]);
  await expect.poll(async () => (await kept()).length).toBe(2);
  await ada.page.getByRole("button", { name: "Sign out" }).click();
  await ada.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await expect.poll(kept).toEqual([]);
});

test("it can be installed", async () => {
  const { page, context } = await campanile.open();
  await page.goto("/login");
  const wire = await context.newCDPSession(page);
  const { errors, data } = (await wire.send("Page.getAppManifest")) as { errors: unknown[]; data?: string };
  expect(errors).toEqual([]);
  const { icons } = JSON.parse(data ?? "{}") as { icons: { src: string; type: string }[] };
  expect(icons.length).toBeGreaterThanOrEqual(3);
  for (const { src, type } of icons) expect((await page.request.get(src)).headers()["content-type"]).toBe(type);
});

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { PASSWORD, house } from "./house";

const campanile = house();

function refreshes(page: Page): { count: number } {
  const seen = { count: 0 };
  page.on("response", (response) => {
    if (response.url().endsWith("/auth/refresh") && response.ok()) seen.count += 1;
  });
  return seen;
}

test("the token is renewed while a form is filled, and nothing that was typed is lost", async () => {
  const { page, api } = await campanile.person("Renewed", { at: "/settings" });
  const renewed = refreshes(page);
  await page.getByLabel("Name", { exact: true }).fill("Renewed by time");
  // A page that is loaded has its token: from here on the browser's clock is ours.
  await page.clock.install();
  await page.clock.fastForward("11:00");
  await page.getByRole("region", { name: "You", exact: true }).getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  expect(renewed.count).toBeGreaterThanOrEqual(1);
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Renewed by time");
  expect((await api<{ display_name: string }>("GET", "users/me")).display_name).toBe("Renewed by time");
});

test("a session that ends under an open form is signed in to again on top of it", async () => {
  const { page, api } = await campanile.person("Lapsed", { at: "/settings" });
  await page.getByLabel("Name", { exact: true }).fill("Typed before the end");
  const { items } = await api<{ items: { id: string }[] }>("GET", "auth/sessions");
  await api("DELETE", `auth/sessions/${items[0]?.id ?? ""}`);

  const dialog = page.getByRole("dialog", { name: "Please sign in again" });
  await dialog.waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Typed before the end");
  await page.getByRole("region", { name: "You", exact: true }).getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
});

test("signing out in one tab signs out in the other", async () => {
  const { page, context } = await campanile.person("Tabs");
  const other = await context.newPage();
  await other.goto("/settings");
  await other.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
});

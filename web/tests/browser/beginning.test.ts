import { expect, test } from "vitest";

import { KOREAN, PASSWORD, PHONE, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

test("a visitor is told in four steps what this is, reads on, and makes an account", async () => {
  const { page } = await campanile.open();
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect.poll(() => page.getByRole("region", { name: "In four steps" }).getByRole("listitem").count()).toBe(4);
  await inspect(page, "welcome-desk-en");
  await page.getByRole("link", { name: "Read how it works" }).click();
  await page.getByRole("heading", { level: 1, name: "Help" }).waitFor();
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByLabel("Your name").waitFor();
  // An address of somebody who is in still asks who one is.
  await page.goto("/tasks");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.getByRole("link", { name: "Campanile" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
});

test("somebody new plans something, writes down a task and hears a reminder, and is left alone then", async () => {
  const { page, api } = await campanile.person("Ada", { at: "/" });
  const steps = page.locator("[data-first-steps]");
  const step = (name: string, done: boolean): Promise<void> => steps.locator(`[data-step=${name}][data-done=${String(done)}]`).waitFor();
  await steps.getByRole("heading", { name: /Welcome, Ada/ }).waitFor();
  await inspect(page, "first-steps-desk-en");

  await steps.getByRole("button", { name: "Plan something" }).press("Enter");
  const editor = page.getByRole("dialog", { name: "New schedule" });
  await editor.getByLabel("Title").fill("Walk by the sea");
  await editor.getByLabel("Title").press("Enter");
  await step("plan", true);
  await steps.getByRole("button", { name: "Add a task" }).press("Enter");
  // The field has the focus: who works with the keyboard types on.
  await page.keyboard.type("Write to Bo");
  await page.keyboard.press("Enter");
  await step("task", true);
  await page.locator("[data-ready]", { hasText: "Write to Bo" }).waitFor();
  await step("ring", false);
  await steps.getByRole("button", { name: "Ring me in a minute" }).press("Enter");
  await steps.getByText(/It rings at \d\d:\d\d/).waitFor();
  const planned = await api<{ items: { state: string }[] }>("GET", `reminders?from=${new Date().toISOString()}&to=${new Date(Date.now() + 120_000).toISOString()}`);
  expect(planned.items.map(({ state }) => state)).toContain("PENDING");
  // What is due already rings at once, and that is heard here.
  await api("POST", "schedules", { title: "Bell", start: new Date(Date.now() + 300_000).toISOString(), duration: "PT1M", busy: false, reminders: [{ before: "PT10M" }] });
  await step("ring", true);
  await steps.getByRole("heading", { name: "That is all there is to know" }).waitFor();
  await steps.getByRole("button", { name: "Close" }).press("Enter");
  await steps.waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Today");
  await page.reload();
  await page.locator("[data-ready]").first().waitFor();
  expect(await steps.count()).toBe(0);
});

test("who skips the first steps is not asked again, also after signing out, and finds them in the help", async () => {
  const { page, email } = await campanile.person("에이다", { at: "/", ...PHONE, ...KOREAN });
  const steps = page.locator("[data-first-steps]");
  await steps.waitFor();
  await inspect(page, "first-steps-phone-ko");
  await steps.getByRole("button", { name: "건너뛰기" }).tap();
  await steps.waitFor({ state: "detached" });

  await page.getByRole("button", { name: "더 보기" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "로그아웃" }).tap();
  await page.getByLabel("이메일 주소").fill(email);
  await page.getByLabel("비밀번호", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "로그인" }).tap();
  await page.getByRole("heading", { level: 1, name: "오늘" }).waitFor();
  await page.getByText("시작할 수 있는 할 일이 없습니다").waitFor();
  expect(await steps.count()).toBe(0);

  await page.getByRole("button", { name: "더 보기" }).tap();
  await page.getByRole("dialog").getByRole("link", { name: "도움말" }).tap();
  await page.getByRole("heading", { level: 1, name: "도움말" }).waitFor();
  await inspect(page, "help-phone-ko");
  await page.getByRole("button", { name: "첫걸음 보기" }).tap();
  await steps.waitFor();
});

test("the help is one key away from every screen, and never from what is typed", async () => {
  const { page } = await campanile.person("Asks", { at: "/tasks" });
  const field = page.getByLabel("Add a task and press Enter");
  await field.click();
  await page.keyboard.type("Why?");
  expect(await field.inputValue()).toBe("Why?");
  await page.getByRole("heading", { level: 1 }).focus();
  await page.keyboard.press("?");
  await page.getByRole("heading", { level: 1, name: "Help" }).waitFor();
  await page.getByRole("complementary").getByRole("link", { name: "Help" }).and(page.locator("[aria-current=page]")).waitFor();
  await inspect(page, "help-desk-en");
});

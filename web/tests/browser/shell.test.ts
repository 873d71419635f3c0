import { expect, test } from "vitest";

import { KOREAN, PHONE, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

test("everything is reached by the keyboard, and the focus goes where one goes", async () => {
  const { page } = await campanile.person("Keys");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("content");
  await page.getByRole("link", { name: "Settings" }).focus();
  const outline = await page.evaluate(() => (document.activeElement ? getComputedStyle(document.activeElement).outlineStyle : ""));
  expect(outline).not.toBe("none");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  expect(await page.title()).toBe("Settings · Campanile");
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Settings");
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Inbox" }).waitFor();
});

test("an address that nobody has is told as such, with the way back", async () => {
  const { page } = await campanile.person("Lost", { at: "/nowhere/at/all" });
  await page.getByText("There is nothing at this address").waitFor();
  await page.getByRole("link", { name: "To the first screen" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
});

test("the settings and the menu of a phone are readable for everybody", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const { page } = await campanile.person("Looks", { ...options, at: "/settings" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await inspect(page, `settings-${name}`);
    if (!name.startsWith("phone")) continue;
    await page.getByRole("button", { name: "더 보기" }).click();
    await page.getByRole("dialog").waitFor();
    await inspect(page, `more-${name}`);
  }
});

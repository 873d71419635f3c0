import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

async function tree({ api }: Person): Promise<string[]> {
  const { items } = await api<{ items: { name: string; depth: number }[] }>("GET", "categories");
  return items.map(({ name, depth }) => `${"> ".repeat(depth - 1)}${name}`);
}

async function category(page: Page, name: string, lies?: string): Promise<void> {
  await page.getByRole("button", { name: "New category" }).click();
  const dialog = page.getByRole("dialog", { name: "New category" });
  await dialog.getByLabel("Name").fill(name);
  if (lies) await dialog.getByLabel("Lies in").selectOption({ label: lies });
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.locator(`[data-category="${name}"]`).waitFor();
}

test("categories are made, coloured, moved and deleted, with or without what lies in them", async () => {
  const ada = await campanile.person("Ada", { at: "/settings#labels" });
  const { page } = ada;
  await category(page, "Work");
  await category(page, "House", "Work");
  await category(page, "Roof");
  const dialog = page.getByRole("dialog", { name: "Change the category" });
  await page.getByRole("button", { name: "Change Roof" }).click();
  await dialog.getByLabel("Lies in").selectOption({ index: 2 });
  await dialog.getByRole("radio", { name: "Green" }).check({ force: true });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => tree(ada)).toEqual(["Work", "> House", "> > Roof"]);

  // Two that lie side by side have different names: the server's words, beside what was typed.
  await category(page, "Music");
  await page.getByRole("button", { name: "Change Music" }).click();
  await dialog.getByLabel("Name").fill("work");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  expect(await dialog.getByLabel("Name").inputValue()).toBe("work");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await inspect(page, "settings-labels-desk-en");

  await page.getByRole("button", { name: "Change House" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete it, and move those one up" }).click();
  await expect.poll(() => tree(ada)).toEqual(["Music", "Work", "> Roof"]);
  await page.getByRole("button", { name: "Change Work" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete them as well" }).click();
  await expect.poll(() => tree(ada)).toEqual(["Music"]);
});

test("tags are renamed, merged and deleted, with what has them, on a phone in Korean", async () => {
  const { page, api } = await campanile.person("에이다", { at: "/inbox", ...PHONE, ...KOREAN });
  for (const [title, tag] of [["주간 회의", "회의"], ["월간 회의", "모임"], ["청소", "집"]] as const) {
    await api("POST", "schedules?on_conflict=allow", { title, start: "2027-06-09T10:00:00", duration: "PT1H", tags: [tag] });
  }
  const tags = async (): Promise<string[]> => (await api<{ items: { name: string; schedules: number }[] }>("GET", "tags")).items.map(({ name, schedules }) => `${name} ${String(schedules)}`);
  await page.goto("/settings#labels");
  await page.locator('[data-tag="모임"]').waitFor();
  await inspect(page, "settings-labels-phone-ko");
  const dialog = page.getByRole("dialog", { name: "태그 바꾸기" });
  await page.getByRole("button", { name: "모임 바꾸기" }).tap();
  await dialog.getByLabel("이름").fill("회의");
  await dialog.getByRole("button", { name: "저장" }).tap();
  await dialog.getByRole("alert").getByText("같은 이름의 태그가 이미 있습니다.").waitFor();
  await dialog.getByLabel("다른 태그와 합치기").selectOption({ label: "회의" });
  await inspect(page, "settings-tag-phone-ko");
  await dialog.getByRole("button", { name: "저장" }).tap();
  await page.getByText("“모임” 태그를 “회의” 태그와 합쳤습니다").waitFor();
  await expect.poll(tags).toEqual(["집 1", "회의 2"]);
  await page.getByRole("button", { name: "집 바꾸기" }).tap();
  await dialog.getByLabel("이름").fill("우리 집");
  await dialog.getByRole("button", { name: "저장" }).tap();
  await page.locator('[data-tag="우리 집"]').waitFor();
  await page.getByRole("button", { name: "우리 집 바꾸기" }).tap();
  await dialog.getByRole("button", { name: "삭제" }).tap();
  await page.getByRole("dialog", { name: "“우리 집”을(를) 삭제할까요?" }).getByRole("button", { name: "삭제" }).tap();
  await expect.poll(tags).toEqual(["회의 2"]);
});

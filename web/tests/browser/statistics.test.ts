import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Schedule {
  id: string;
}
interface Sums {
  worked_seconds: number;
  completed: number;
  goal: { percent: number; attained_days: number } | null;
}

/** One moment for all of a file, so that what adjoins does so to the second. */
const BEGAN = Math.floor(Date.now() / 1_000) * 1_000;
function minutesAgo(minutes: number): string {
  return new Date(BEGAN - minutes * 60_000).toISOString();
}
/** A schedule that was worked on for the last minutes, of the five that the server takes back. */
async function work({ api }: Person, what: Record<string, unknown>, [from, to]: [number, number | undefined]): Promise<void> {
  const { id } = await api<Schedule>("POST", "schedules?on_conflict=allow", { start: minutesAgo(10), duration: "PT1H", reminders: [], ...what });
  await api("POST", `schedules/${id}/start`, { at: minutesAgo(from) });
  if (to !== undefined) await api("POST", `schedules/${id}/complete`, { at: minutesAgo(to) });
}
async function shown(page: Page): Promise<[number, number]> {
  const [worked, completed] = await Promise.all([page.locator("[data-worked]").getAttribute("data-worked"), page.locator("[data-completed]").getAttribute("data-completed")]);
  return [Number(worked), Number(completed)];
}

test("what is completed on another device is counted here at once, by kind, category and tag, and beside the goal", async () => {
  const ada = await campanile.person("Ada", { at: "/statistics" });
  const { page, api } = ada;
  await page.getByText("Nothing was worked or completed").waitFor();
  await page.getByText("No goal is set.").waitFor();
  expect(await shown(page)).toEqual([0, 0]);
  await page.getByText("Days begin at midnight in Asia/Seoul").waitFor();

  const garden = await api<Schedule>("POST", "categories", { name: "Garden", colour: "#2c6842" });
  await work(ada, { title: "Dig", category_id: garden.id, tags: ["outside", "spring"] }, [4, 3]);
  await work(ada, { title: "Read", tags: ["inside"] }, [3, 1]);
  await expect.poll(() => shown(page)).toEqual([180, 2]);

  const groups = page.locator("[data-groups]");
  const rows = (): Promise<string[]> => groups.getByRole("row").allInnerTexts();
  await expect.poll(async () => (await rows()).at(1)).toMatch(/^Event\s+100 %\s+3 minutes\s+2$/);
  await page.getByRole("group", { name: "Grouped by" }).getByText("Category").click();
  await page.locator("[data-groups=category]").waitFor();
  expect((await rows()).slice(1).map((row) => row.replace(/\s+/g, " "))).toEqual(["Without a category 67 % 2 minutes 1", "Garden 33 % 1 minute 1"]);
  await page.getByRole("group", { name: "Grouped by" }).getByText("Tag").click();
  await page.locator("[data-groups=tag]").waitFor();
  expect(new Set((await rows()).slice(1).map((row) => row.split(/\s+/)[0]))).toEqual(new Set(["#inside", "#outside", "#spring"]));
  expect(new URL(page.url()).searchParams.get("by")).toBe("tag");
});

test("one goes back in time and forward again, by day, week and month, and the address says where one is", async () => {
  const ada = await campanile.person("Past", { at: "/statistics" });
  const { page, api } = ada;
  await work(ada, { title: "Read" }, [3, 1]);
  await expect.poll(() => shown(page)).toEqual([120, 1]);
  expect(await page.getByRole("button", { name: "Later" }).isDisabled()).toBe(true);
  const present = await page.getByRole("heading", { level: 2 }).innerText();

  await page.getByRole("button", { name: "Earlier" }).click();
  await expect.poll(() => shown(page)).toEqual([0, 0]);
  await page.getByText("as much as the week before").first().waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/statistics\/week\/\d{4}-\d{2}-\d{2}$/);
  await page.reload();
  await page.locator("[data-worked]").waitFor();
  expect(await page.getByRole("heading", { level: 2 }).innerText()).not.toBe(present);
  await page.getByRole("button", { name: "Now" }).click();
  await expect.poll(() => shown(page)).toEqual([120, 1]);
  expect(await page.getByRole("heading", { level: 2 }).innerText()).toBe(present);

  await page.getByRole("group", { name: "Period" }).getByText("Month").click();
  const days = page.getByRole("region", { name: "Day by day" }).getByRole("row");
  await expect.poll(() => days.count()).toBeGreaterThanOrEqual(29);
  const { worked_seconds } = await api<Sums>("GET", "statistics?period=month");
  expect((await shown(page))[0]).toBe(worked_seconds);
});

test("the statistics are readable for everybody, on desk and phone, in both languages, with a goal and work that goes on", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const ada = await campanile.person("Looks", { ...options, at: "/settings" });
    const { page, api } = ada;
    await page.getByLabel(/Goal of a day|하루 목표/).fill("0.1");
    await page.getByRole("region", { name: /Your day|하루/ }).getByRole("button", { name: /Save|저장/ }).click();
    await page.getByText(/^(Saved|저장했습니다)$/).waitFor();
    const category = await api<Schedule>("POST", "categories", { name: "집필", colour: "#3366aa" });
    await work(ada, { title: "Write", category_id: category.id }, [3, 1]);
    await work(ada, { title: "Go on" }, [1, undefined]);
    for (const period of name === "desk-en" ? ["day", "month"] : ["week"]) {
      await page.goto(`/statistics/${period}?by=category`);
      await page.locator("[data-chart] canvas").waitFor();
      await page.locator("[data-groups=category]").waitFor();
      await expect.poll(async () => (await shown(page))[0]).toBeGreaterThan(120);
      await inspect(page, `statistics-${period}-${name}`);
    }
  }
});

import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Task {
  id: string;
  title: string;
}
interface Session {
  id: string;
  title: string;
  start_at: string;
  end_at: string;
}

function day(offset: number): string {
  return new Date(Date.now() + 9 * 3_600_000 + offset * 86_400_000).toISOString().slice(0, 10);
}
async function sessions({ api }: Person): Promise<Session[]> {
  return (await api<{ items: Session[] }>("GET", `schedules?from=${day(0)}&to=${day(15)}&limit=200`)).items;
}

test("the week is planned as the preview says, with what is left out left out, and taken back at once", async () => {
  const ada = await campanile.person("Ada", { at: "/tasks" });
  const { page, api } = ada;
  await api("POST", "tasks", { title: "Write the report", estimate: "PT3H", deadline: day(5) });
  await api("POST", "tasks", { title: "Sort photos", estimate: "PT1H" });
  const slides = await api<Task>("POST", "tasks", { title: "Collect slides", estimate: "PT1H" });
  await api("POST", "tasks", { title: "Rehearse the talk", estimate: "PT1H", depends_on: [slides.id] });
  await page.getByRole("button", { name: "Plan my week" }).click();
  const dialog = page.getByRole("dialog", { name: "Plan my week" });
  await dialog.getByText("Write the report").first().waitFor();
  expect(await dialog.getByText("Rehearse the talk").count(), "what waits is not ready").toBe(0);
  await dialog.getByText("before the deadline").first().waitFor();
  await dialog.getByLabel("Plan: Sort photos").uncheck();
  await dialog.getByRole("region", { name: "Left out" }).getByText("Sort photos").waitFor();

  // What waits can be planned along with what it waits for.
  await dialog.getByRole("combobox", { name: "Plan another task as well" }).fill("rehearse");
  await dialog.getByRole("option", { name: "Rehearse the talk" }).click();
  await dialog.getByText("after what it waits for").waitFor();
  const places = dialog.locator("[data-proposal]");
  await expect.poll(() => places.count()).toBe(4);
  const shown = await places.locator(".tabular").allInnerTexts();
  expect(await sessions(ada), "nothing is written by a preview").toEqual([]);
  await inspect(page, "plan-desk-en");
  await dialog.getByRole("button", { name: "Plan 4 sessions" }).click();
  await dialog.waitFor({ state: "detached" });

  const made = await sessions(ada);
  const clock = (instant: string): string => new Date(Date.parse(instant) + 9 * 3_600_000).toISOString().slice(11, 16);
  expect(made.map(({ start_at, end_at }) => `${clock(start_at)}–${clock(end_at)}`)).toEqual(shown);
  expect(new Set(made.map(({ title }) => title))).toEqual(new Set(["Write the report", "Collect slides", "Rehearse the talk"]));
  await page.getByRole("group").filter({ hasText: "4 sessions are in the calendar" }).getByRole("button", { name: "Undo" }).click();
  await page.getByText("The plan is taken back").waitFor();
  expect(await sessions(ada)).toEqual([]);
});

test("a task is split into parts as shown, by a template or by names of one's own, and put together again", async () => {
  const ada = await campanile.person("Parts", { at: "/tasks" });
  const { page, api } = ada;
  const whole = await api<Task>("POST", "tasks", { title: "Move house", estimate: "PT6H", deadline: day(9) });
  await page.goto(`/tasks/${whole.id}`);
  await page.getByRole("button", { name: "Split" }).click();
  const dialog = page.getByRole("dialog", { name: "Split the task" });
  const preview = dialog.getByRole("region", { name: "What is made" }).getByRole("listitem");
  await expect.poll(() => preview.count()).toBe(3);
  expect((await preview.first().innerText()).replace(/\s+/g, " ")).toContain("2 hours");
  await dialog.getByLabel("How many").fill("4");
  await expect.poll(() => preview.count()).toBe(4);
  await dialog.getByText("Own parts").click();
  await dialog.getByLabel("Part 1", { exact: true }).fill("Pack");
  await dialog.getByLabel("Part 2", { exact: true }).fill("Carry");
  await dialog.getByRole("button", { name: "Remove part 4" }).click();
  await dialog.getByLabel("Part 3", { exact: true }).fill("Unpack");
  await expect.poll(() => preview.count()).toBe(3);
  await inspect(page, "split-desk-en");
  await dialog.getByRole("button", { name: "Split", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  const parts = page.getByRole("region", { name: "Parts" });
  await expect.poll(() => parts.getByRole("listitem").count()).toBe(3);
  await page.getByRole("group").filter({ hasText: "3 parts are made" }).getByRole("button", { name: "Undo" }).click();
  await parts.waitFor({ state: "detached" });
});

test("what waits for what is drawn, walked along by the keys, and said as a table, on desk and phone, in both languages", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const { page, api } = await campanile.person("Draws", { ...options, at: "/tasks" });
    const make = (title: string, ...depends_on: Task[]): Promise<Task> => api("POST", "tasks", { title, depends_on: depends_on.map(({ id }) => id) });
    const figures = await make("자료 모으기");
    const interviews = await make("Talk to the people who know");
    const draft = await make("Write a draft", figures, interviews);
    const review = await make("Have it read by somebody who has not seen it before", draft);
    await make("Print it", review, figures);
    await make("Water the plants");
    const garden = await make("Dig the garden");
    await api("POST", `tasks/${garden.id}/split`, { template: "milestones", count: 2 });
    await page.goto(`/tasks?view=graph`);
    await expect.poll(() => page.locator("[data-node]").count()).toBe(8);
    const box = (id: string) => page.locator(`[data-node="${id}"]`).boundingBox();
    expect((await box(figures.id))?.x).toBeLessThan((await box(draft.id))?.x ?? 0);
    expect((await box(draft.id))?.x).toBeLessThan((await box(review.id))?.x ?? 0);

    await page.locator(`[data-node="${draft.id}"]`).focus();
    const focused = (): Promise<string | null> => page.evaluate(() => document.activeElement?.getAttribute("data-node") ?? null);
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe(review.id);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect([figures.id, interviews.id]).toContain(await focused());
    await inspect(page, `graph-${name}`);

    await page.locator("summary").click();
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Write a draft" }) });
    expect(new Set((await row.getByRole("cell").innerText()).split(", "))).toEqual(new Set(["자료 모으기", "Talk to the people who know"]));
    await page.locator(`[data-node="${draft.id}"]`).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Write a draft" }).waitFor();
    expect(new URL(page.url()).searchParams.get("view")).toBe("graph");
    if (name === "desk-en") await inspect(page, `graph-chosen-${name}`);
  }
});

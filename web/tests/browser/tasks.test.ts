import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";

import { KOREAN, PHONE, type Person, house } from "./house";
import { inspect } from "./inspect";

const campanile = house();

interface Task {
  id: string;
  title: string;
  state: string;
  deadline: string | null;
  time_zone: string | null;
  importance: number;
  difficulty: number;
  estimate: string | null;
  depends_on: string[];
  tags: string[];
  category_id: string | null;
  reminders: { before?: string; at?: string; critical: boolean }[];
}

function line(page: Page, title: string): Locator {
  return page.getByRole("listitem").filter({ has: page.getByRole("link", { name: title, exact: true }) });
}
async function all({ api }: Person): Promise<Task[]> {
  return (await api<{ items: Task[] }>("GET", "tasks?state=all&limit=200")).items;
}
function day(offset: number): string {
  return new Date(Date.now() + 9 * 3_600_000 + offset * 86_400_000).toISOString().slice(0, 10);
}

test("a task is written down in a line, completed, completed again after an undo, and put away", async () => {
  const ada = await campanile.person("Ada", { at: "/tasks" });
  const { page } = ada;
  await page.getByText("Nothing to do").waitFor();
  await page.getByLabel("Add a task and press Enter").fill("Water the plants");
  await page.keyboard.press("Enter");
  await line(page, "Water the plants").waitFor();
  expect(await page.getByLabel("Add a task and press Enter").inputValue()).toBe("");

  await page.getByLabel("Complete: Water the plants").click();
  await line(page, "Water the plants").waitFor({ state: "detached" });
  expect((await all(ada)).map(({ state }) => state)).toEqual(["COMPLETED"]);
  await page.getByRole("group").filter({ hasText: "is done" }).getByRole("button", { name: "Undo" }).click();
  await line(page, "Water the plants").waitFor();
  expect((await all(ada)).map(({ state }) => state)).toEqual(["OPEN"]);

  await page.getByRole("link", { name: "Water the plants" }).click();
  expect(new URL(page.url()).pathname).toMatch(/^\/tasks\/tsk_/);
  await page.getByRole("button", { name: "Put away" }).click();
  await line(page, "Water the plants").waitFor({ state: "detached" });
  await page.getByRole("group", { name: "Which tasks" }).getByText("Archive").click();
  await line(page, "Water the plants").waitFor();
  expect(new URL(page.url()).searchParams.get("show")).toBe("archived");
});

test("a task is made with all it may have, and what is changed later is changed alone", async () => {
  const ada = await campanile.person("Whole", { at: "/tasks" });
  const { page, api } = ada;
  const category = await api<{ id: string }>("POST", "categories", { name: "Work", colour: "#3366aa" });
  await page.reload();
  await page.getByRole("button", { name: "New task" }).click();
  const dialog = page.getByRole("dialog", { name: "New task" });
  await dialog.getByRole("button", { name: "Add the task" }).click();
  await dialog.getByText("Give it a title.").waitFor();
  await dialog.getByLabel("Title").fill("Quarterly report");
  await dialog.getByText("Day and time", { exact: true }).click();
  await dialog.getByLabel("Day", { exact: true }).last().fill(day(3));
  await dialog.getByLabel("Time", { exact: true }).fill("17:30");
  await dialog.getByLabel("Time zone").fill("America/St_Johns");
  await dialog.getByRole("switch", { name: "As in the settings" }).click();
  await dialog.getByRole("button", { name: "Add a reminder" }).click();
  await dialog.getByRole("button", { name: "Add a reminder" }).click();
  await dialog.getByLabel("When").nth(1).selectOption({ label: "1 day before" });
  await dialog.getByLabel("Also in quiet hours").nth(1).check();
  await dialog.getByLabel("Importance").fill("8");
  await dialog.getByText("13", { exact: true }).click();
  await dialog.getByLabel("hours", { exact: true }).fill("2");
  await dialog.getByLabel("minutes", { exact: true }).fill("30");
  await dialog.getByLabel("Category").selectOption({ label: "Work" });
  await dialog.getByLabel("Tags").fill("deep work,report");
  await page.keyboard.press("Enter");
  await inspect(page, "tasks-form-en");
  await dialog.getByRole("button", { name: "Add the task" }).click();
  await line(page, "Quarterly report").waitFor();
  const [made] = await all(ada);
  expect(made).toMatchObject({
    deadline: `${day(3)}T17:30:00`,
    time_zone: "America/St_Johns",
    importance: 8,
    difficulty: 13,
    estimate: "PT2H30M",
    category_id: category.id,
    tags: ["deep work", "report"],
  });
  expect(made?.reminders.map(({ before, critical }) => [before, critical])).toEqual([["PT1H", false], ["P1D", true]]);

  await line(page, "Quarterly report").getByRole("link").click();
  await page.getByRole("button", { name: "Edit" }).click();
  // Somebody changes it elsewhere while the form is open: it is told, nothing typed is lost, and saving again is meant.
  for (const step of ["complete", "reopen"]) await api("POST", `tasks/${made?.id ?? ""}/${step}`);
  const change = page.getByRole("dialog", { name: "Change the task" });
  await change.getByLabel("Title").fill("Quarterly report, final");
  await change.getByRole("button", { name: "Save" }).click();
  await change.getByText("It was changed elsewhere meanwhile.").waitFor();
  await change.getByRole("button", { name: "Save" }).click();
  await line(page, "Quarterly report, final").waitFor();
});

test("what is overdue is told in a banner, listed, and moved by one press", async () => {
  const ada = await campanile.person("Late", { at: "/tasks" });
  const { page, api } = ada;
  await api("POST", "tasks", { title: "Tax return", deadline: day(-2) });
  await api("POST", "tasks", { title: "Later", deadline: day(9) });
  await page.getByText(/1 task is past the deadline/).waitFor();
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await line(page, "Tax return").waitFor();
  await line(page, "Later").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Move to tomorrow: Tax return" }).click();
  await page.getByText("Nothing is overdue").waitFor();
  expect((await all(ada)).find(({ title }) => title === "Tax return")?.deadline).toBe(day(1));
  await page.getByRole("group").filter({ hasText: "Due tomorrow now" }).getByRole("button", { name: "Undo" }).click();
  await line(page, "Tax return").waitFor();
});

test("words, category and tag are filters in the address, over the whole list, page by page", async () => {
  const ada = await campanile.person("Many", { at: "/tasks" });
  const { page, api } = ada;
  await Promise.all(Array.from({ length: 70 }, (_, index) => api("POST", "tasks", { title: `Letter ${String(index + 1).padStart(2, "0")}`, tags: index === 68 ? ["post"] : [] })));
  await expect.poll(() => page.locator("[data-task]").count()).toBe(50);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect.poll(() => page.locator("[data-task]").count()).toBe(70);
  // A change elsewhere leaves the list as long as it is.
  await api("POST", "tasks", { title: "Letter 71" });
  await line(page, "Letter 71").waitFor();
  expect(await page.locator("[data-task]").count()).toBe(71);
  // Nor does looking at one of them.
  await line(page, "Letter 42").getByRole("link").click();
  await page.getByRole("heading", { level: 2, name: "Letter 42" }).waitFor();
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("heading", { level: 2 }).waitFor({ state: "detached" });
  expect(await page.locator("[data-task]").count()).toBe(71);
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe("Letter 42");

  await page.getByLabel("Search in title, description and tags").fill("letter ");
  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("letter");
  await page.getByLabel("Search in title, description and tags").pressSequentially("69");
  await expect.poll(() => page.locator("[data-task]").count()).toBe(1);
  expect(new URL(page.url()).searchParams.get("q")).toBe("letter 69");
  await page.getByLabel("Search in title, description and tags").fill("");
  await page.getByRole("combobox", { name: "Tag" }).selectOption("post");
  await expect.poll(() => page.locator("[data-task]").count()).toBe(1);
  await page.reload();
  await line(page, "Letter 69").waitFor();
  expect(await page.locator("[data-task]").count()).toBe(1);
});

test("dependencies are picked from the whole list by their words, and a circle is refused with its names", async () => {
  const ada = await campanile.person("Order", { at: "/tasks" });
  const { page, api } = ada;
  const collect = await api<Task>("POST", "tasks", { title: "Collect figures" });
  const write = await api<Task>("POST", "tasks", { title: "Write report", depends_on: [collect.id] });
  await page.goto(`/tasks/${collect.id}`);
  await page.getByRole("heading", { level: 2, name: "Collect figures" }).waitFor();
  await page.getByRole("region", { name: "Waits for this" }).getByText("Write report").waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  const picker = dialog.getByRole("combobox", { name: "Waits for" });
  await picker.fill("report");
  await dialog.getByRole("option", { name: "Write report" }).waitFor();
  // Esc closes the list, and not the form.
  await picker.press("Escape");
  await dialog.getByRole("option", { name: "Write report" }).waitFor({ state: "detached" });
  expect(await dialog.isVisible()).toBe(true);
  // Neither the task itself nor what is chosen already is offered.
  await picker.fill("");
  await dialog.getByRole("option", { name: "Write report" }).waitFor();
  expect(await dialog.getByRole("listbox", { name: "Search in all tasks" }).first().getByRole("option").allInnerTexts()).toEqual(["Write report"]);
  await picker.press("Enter");
  await dialog.getByRole("button", { name: "Remove: Write report" }).waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  const alert = dialog.getByRole("alert");
  await alert.getByText("would wait for each other in a circle").waitFor();
  const names = await alert.getByRole("listitem").allInnerTexts();
  expect(new Set(names)).toEqual(new Set(["Collect figures", "Write report"]));
  expect(names[0]).toBe(names.at(-1));
  await inspect(page, "tasks-circle-en");
  await dialog.getByRole("button", { name: "Remove: Write report" }).click();
  await dialog.getByRole("button", { name: "Cancel" }).click();

  // What waits cannot be completed by accident, and can on purpose.
  await page.goto("/tasks");
  await page.getByLabel("Complete: Write report").click();
  const question = page.getByRole("dialog", { name: "Complete it all the same?" });
  await question.getByText("Collect figures").waitFor();
  await question.getByRole("button", { name: "Complete all the same" }).click();
  await line(page, "Write report").waitFor({ state: "detached" });
  expect((await all(ada)).find(({ id }) => id === write.id)?.state).toBe("COMPLETED");
});

test("a session is planned where there is room, and deleting a task can be undone until its message is gone", async () => {
  const ada = await campanile.person("Plans", { at: "/tasks" });
  const { page, api } = ada;
  const task = await api<Task>("POST", "tasks", { title: "Practise the piano", estimate: "PT45M" });
  await api("POST", "schedules", { title: "Dentist", start: `${day(1)}T09:00:00`, duration: "PT1H" });
  await page.goto(`/tasks/${task.id}`);
  await page.getByRole("button", { name: "Plan a session" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Begins").fill(`${day(1)}T09:30`);
  expect(await dialog.getByLabel("Minutes").inputValue()).toBe("45");
  await dialog.getByRole("button", { name: "Plan a session" }).click();
  await dialog.getByText("Dentist").waitFor();
  await inspect(page, "tasks-conflict-en");
  await dialog.getByRole("alert").getByRole("button").first().click();
  await dialog.waitFor({ state: "detached" });
  await page.locator("[data-session=NOT_STARTED]").waitFor();

  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await line(page, "Practise the piano").waitFor({ state: "detached" });
  await page.getByRole("group").filter({ hasText: "is deleted" }).getByRole("button", { name: "Undo" }).click();
  await line(page, "Practise the piano").waitFor();
  await page.getByRole("link", { name: "Practise the piano" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("switch", { name: "Delete its sessions as well" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("group").filter({ hasText: "is deleted" }).getByRole("button", { name: "Close" }).click();
  await expect.poll(async () => (await all(ada)).length).toBe(0);
  const { items } = await api<{ items: { title: string }[] }>("GET", `schedules?from=${day(0)}&to=${day(9)}`);
  expect(items.map(({ title }) => title)).toEqual(["Dentist"]);
});

test("a task that is ticked off without the server stays ticked off, and is done when the server is back", async () => {
  const ada = await campanile.person("Offline", { at: "/tasks" });
  const { page, api } = ada;
  await api("POST", "tasks", { title: "Post the letter" });
  await line(page, "Post the letter").waitFor();
  await campanile.server.kill();
  await page.getByLabel("Complete: Post the letter").click();
  await page.getByText("1 change waits to be sent.").waitFor();
  await page.getByLabel("Reopen: Post the letter").waitFor();
  await campanile.server.start();
  await line(page, "Post the letter").waitFor({ state: "detached", timeout: 20_000 });
  expect((await all(ada)).map(({ state }) => state)).toEqual(["COMPLETED"]);
});

test("the tasks are readable for everybody, on desk and phone, in both languages", async () => {
  for (const [name, options] of [["desk-en", {}], ["phone-ko", { ...PHONE, ...KOREAN }]] as const) {
    const { page, api } = await campanile.person("Looks", { ...options, at: "/tasks" });
    const first = await api<Task>("POST", "tasks", { title: "자료 모으기", deadline: day(0), importance: 8, estimate: "PT2H", tags: ["분기", "보고"] });
    const report = await api<Task>("POST", "tasks", { title: "Write the quarterly report for the people who asked for it twice already", deadline: `${day(2)}T18:00:00`, difficulty: 8, depends_on: [first.id], description: "With figures of all regions.\nAnd without jargon." });
    await api("POST", "tasks", { title: "Call the dentist", deadline: day(-1) });
    await api("POST", "tasks", { title: "스트레칭" });
    await expect.poll(() => page.locator("[data-task]").count()).toBe(4);
    await inspect(page, `tasks-${name}`);
    await page.goto(`/tasks/${report.id}`);
    await page.getByRole("heading", { level: 2 }).waitFor();
    await inspect(page, `tasks-detail-${name}`);
  }
});

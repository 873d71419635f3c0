import { expect, test } from "vitest";

import type { CategoryList, CategoryView, ScheduleView, TagList, TagView, TaskView } from "../../src/api/schema";
import { type Party, counterpart, members, on } from "./counterpart";

const contract = counterpart();

async function category(ada: Party, name: string, more: object = {}): Promise<CategoryView> {
  return ada.must(201, "POST", "categories", { name, ...more });
}

async function tree(ada: Party): Promise<string[]> {
  return (await ada.must<CategoryList>(200, "GET", "categories")).items.map(({ name, depth }) => `${String(depth)} ${name}`);
}

test("the tree is shown from the top down, and siblings have different names", async () => {
  const ada = await contract.somebody();
  const work = await category(ada, " Work ", { colour: "#1E90FF", position: 2 });
  expect(Object.keys(work).sort()).toEqual(members("CategoryView"));
  expect(work).toMatchObject({ name: "Work", colour: "#1e90ff", parent_id: null, depth: 1, version: 1 });
  await category(ada, "Home", { position: 1 });
  await category(ada, "Writing", { parent_id: work.id });
  await category(ada, "Home", { parent_id: work.id });
  expect(await tree(ada)).toEqual(["1 Home", "1 Work", "2 Home", "2 Writing"]);
  expect(await ada.refused(409, "category.name_taken", "POST", "categories", { name: "WORK" })).toMatchObject({ taken_by: work.id });
  for (const [body, pointer] of [
    [{ name: " " }, "/name"],
    [{ name: "x".repeat(51) }, "/name"],
    [{ name: "a", colour: "red" }, "/colour"],
    [{ name: "a", parent_id: "cat_01jd2n9w3fkz8q4v6x0c5b7m1t" }, "/parent_id"],
  ] as const) {
    const { errors } = await ada.refused(422, "category.invalid", "POST", "categories", body);
    expect(errors?.map((error) => error.pointer)).toEqual([pointer]);
  }
});

test("a category is changed by its version, moved with what lies below, and never below itself", async () => {
  const ada = await contract.somebody();
  const [work, home] = [await category(ada, "Work"), await category(ada, "Home")];
  const inner = await category(ada, "Inner", { parent_id: work.id });
  await ada.refused(428, "category.version_required", "PATCH", `categories/${work.id}`, { name: "Job" });
  await ada.refused(412, "category.version_mismatch", "PATCH", `categories/${work.id}`, { name: "Job" }, { "if-match": '"5"' });
  const { cycle } = await ada.refused(422, "category.cycle", "PATCH", `categories/${work.id}`, { parent_id: inner.id }, { "if-match": "*" });
  expect(cycle).toEqual([work.id, inner.id]);
  expect(await ada.must<CategoryView>(200, "PATCH", `categories/${work.id}`, { parent_id: home.id, colour: null }, { "if-match": '"1"' })).toMatchObject({ depth: 2, version: 2 });
  expect(await tree(ada)).toEqual(["1 Home", "2 Work", "3 Inner"]);
});

test("who deletes a category says what becomes of those below, and what was in it is in none", async () => {
  const ada = await contract.somebody();
  const work = await category(ada, "Work");
  const inner = await category(ada, "Inner", { parent_id: work.id });
  const it = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "In it", start: on(0, "09:00"), category_id: inner.id });
  expect((await ada.must<{ items: ScheduleView[] }>(200, "GET", `schedules?category=${work.id}`)).items).toHaveLength(1);
  await ada.refused(409, "category.has_children", "DELETE", `categories/${work.id}`);
  await ada.must(204, "DELETE", `categories/${work.id}?children=lift`);
  expect(await tree(ada)).toEqual(["1 Inner"]);
  await category(ada, "Deep", { parent_id: inner.id });
  await ada.must(204, "DELETE", `categories/${inner.id}?children=delete`);
  expect(await tree(ada)).toEqual([]);
  expect(await ada.must<ScheduleView>(200, "GET", `schedules/${it.id}`)).toMatchObject({ category_id: null, version: 2 });
});

test("tags are renamed, merged and deleted everywhere at once", async () => {
  const ada = await contract.somebody();
  const it = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "a", start: on(0, "09:00"), tags: ["one", "two"] });
  const task = await ada.must<TaskView>(201, "POST", "tasks", { title: "b", tags: ["one"] });
  const [one, two] = (await ada.must<TagList>(200, "GET", "tags")).items as [TagView, TagView];
  expect(await ada.refused(409, "tag.name_taken", "PATCH", `tags/${one.id}`, { name: "TWO" }, { "if-match": "*" })).toMatchObject({ taken_by: two.id });
  await ada.refused(428, "tag.version_required", "PATCH", `tags/${one.id}`, { name: "uno" });
  const renamed = await ada.must<TagView>(200, "PATCH", `tags/${one.id}`, { name: "uno", colour: "#ff0000" }, { "if-match": '"1"' });
  expect(renamed).toMatchObject({ name: "uno", colour: "#ff0000", schedules: 1, tasks: 1, version: 2 });
  expect(await ada.must<TaskView>(200, "GET", `tasks/${task.id}`)).toMatchObject({ tags: ["uno"], version: 2 });
  expect(await ada.must<TagView>(200, "POST", `tags/${one.id}/merge`, { into: two.id })).toMatchObject({ id: two.id, name: "two", schedules: 1, tasks: 1, version: 2 });
  expect(await ada.must<ScheduleView>(200, "GET", `schedules/${it.id}`)).toMatchObject({ tags: ["two"] });
  const { errors } = await ada.refused(422, "tag.invalid", "POST", `tags/${two.id}/merge`, { into: two.id });
  expect(errors?.[0]?.pointer).toBe("/into");
  await ada.must(204, "DELETE", `tags/${two.id}`);
  expect(await ada.must<TaskView>(200, "GET", `tasks/${task.id}`)).toMatchObject({ tags: [] });
});

// Categories, which the demonstration brings along, and tags, which are made by being used (docs/labels.md).
import type { CategoryList, TagList } from "../api/schema";
import { invalid } from "./refusal";
import { iso } from "./span";
import type { World } from "./world";

interface Labels {
  category_id: string | null;
  tags: string[];
}

/** What something is labelled with, each tag as it is written already. */
export function labelsOf(world: World, kind: "schedule" | "task", { category_id, tags = [] }: { category_id?: string | null | undefined; tags?: string[] | null | undefined }): Labels {
  const { state } = world;
  if (category_id != null && !state.categories.some(({ id }) => id === category_id)) throw invalid(kind, { pointer: "/category_id", detail: "you have no such category" });
  const names = new Map<string, string>();
  for (const given of tags ?? []) {
    const name = given.trim();
    if (name === "" || [...name].length > 50 || /\p{Cc}/u.test(name)) throw invalid(kind, { pointer: "/tags", detail: "a tag is one visible line of at most 50 characters" });
    const key = name.toLowerCase();
    names.set(key, state.tags.find((tag) => tag.name.toLowerCase() === key)?.name ?? names.get(key) ?? name);
  }
  if (names.size > 20) throw invalid(kind, { pointer: "/tags", detail: "at most 20 tags" });
  return { category_id: category_id ?? null, tags: [...names.values()].sort((one, other) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1)) };
}

/** Makes the tags that are used for the first time. */
export function newTags(world: World, names: readonly string[]): void {
  for (const name of names) {
    if (world.state.tags.some((tag) => tag.name === name)) continue;
    const tag = { id: world.mint("tag"), name, colour: null, created: world.now };
    world.state.tags.push(tag);
    world.tell("tag.changed", { tag_id: tag.id, version: 1, change: "created" });
  }
}

export function tagList(world: World): TagList {
  const { tags, schedules, tasks } = world.state;
  const items = tags.map(({ id, name, colour, created }) => ({
    id,
    name,
    colour,
    schedules: [...schedules.values()].filter((it) => it.deleted === undefined && it.tags.includes(name)).length,
    tasks: [...tasks.values()].filter((it) => it.tags.includes(name)).length,
    version: 1,
    created_at: iso(created),
    updated_at: iso(created),
  }));
  return { items: items.sort((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1)), next_cursor: null };
}

export function categoryList(world: World): CategoryList {
  return { items: world.state.categories, next_cursor: null };
}

/** Whether something lies in the category `id` or below it. */
export function liesIn(world: World, category: string | null, id: string): boolean {
  for (let at = category; at !== null; ) {
    if (at === id) return true;
    at = world.state.categories.find((each) => each.id === at)?.parent_id ?? null;
  }
  return false;
}

export function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((tag) => tag.toLowerCase() === wanted.trim().toLowerCase());
}

// What schedules and tasks are labelled with: a category of the tree, and tags (docs/labels.md).
import { ascending } from "./http";
import { invalid } from "./refusal";
import type { World } from "./world";

interface Labels {
  category_id: string | null;
  tags: string[];
}

/** What something is labelled with, each tag as it is written already. */
export function labelsOf(world: World, kind: "schedule" | "task", { category_id, tags }: { category_id?: string | null | undefined; tags?: string[] | null | undefined }): Labels {
  const { state } = world;
  if (category_id != null && !state.categories.some(({ id }) => id === category_id)) throw invalid(kind, { pointer: "/category_id", detail: "you have no such category" });
  const names = new Map<string, string>();
  for (const [index, given] of (tags ?? []).entries()) {
    const name = nameOf(kind, given, `/tags/${String(index)}`);
    const key = name.toLowerCase();
    names.set(key, state.tags.find((tag) => tag.name.toLowerCase() === key)?.name ?? names.get(key) ?? name);
  }
  if (names.size > 20) throw invalid(kind, { pointer: "/tags", detail: "at most 20 tags" });
  return { category_id: category_id ?? null, tags: [...names.values()].sort((one, other) => ascending(one.toLowerCase(), other.toLowerCase())) };
}

/** The name of a category or a tag: one visible line. */
export function nameOf(kind: "schedule" | "task" | "category" | "tag", given: string, pointer = "/name"): string {
  const name = given.trim().normalize("NFC");
  const detail = !/[^\p{Z}\p{C}]/u.test(name) ? "write at least one visible character" : /\p{Cc}/u.test(name) ? "line breaks and control characters are not allowed here" : [...name].length > 50 ? "at most 50 characters" : undefined;
  if (detail) throw invalid(kind, { pointer, detail });
  return name;
}

export function colourOf(kind: "category" | "tag", colour: string | null): string | null {
  if (colour !== null && !/^#[0-9a-f]{6}$/i.test(colour)) throw invalid(kind, { pointer: "/colour", detail: "write # and six hexadecimal digits, such as #1e90ff" });
  return colour?.toLowerCase() ?? null;
}

/** Labels everything otherwise, also what is put away or in the trash; what is concerned has a new version. */
export function relabel({ state, now }: World, after: (labels: Labels) => Labels): void {
  for (const it of [...state.schedules.values(), ...state.tasks.values()]) {
    const { category_id, tags } = after(it);
    if (category_id === it.category_id && tags.join("\n") === it.tags.join("\n")) continue;
    Object.assign(it, { category_id, tags, version: it.version + 1, updated: now });
  }
}

/** Makes the tags that are used for the first time. */
export function newTags(world: World, names: readonly string[]): void {
  for (const name of names) {
    if (world.state.tags.some((tag) => tag.name === name)) continue;
    const tag = { id: world.mint("tag"), name, colour: null, created: world.now, updated: world.now, version: 1 };
    world.state.tags.push(tag);
    world.tell("tag.changed", { tag_id: tag.id, version: 1, change: "created" });
  }
}

/** Whether something lies in the category `id` or below it. */
export function liesIn(world: World, category: string | null, id: string): boolean {
  for (let at = category; at !== null; ) {
    if (at === id) return true;
    at = world.state.categories.find((each) => each.id === at)?.parent ?? null;
  }
  return false;
}

export function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((tag) => tag.toLowerCase() === wanted.trim().toLowerCase());
}

// Tags: words that are made by being used, and renamed and merged everywhere at once (docs/labels.md).
import type { TagChange, TagList, TagView } from "../api/schema";
import { ascending } from "./http";
import { colourOf, nameOf, relabel } from "./labels";
import { Refusal, invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import type { Tag, World } from "./world";

function find(world: World, id: string): Tag {
  const it = world.state.tags.find((each) => each.id === id);
  if (!it) throw notFound("tag");
  return it;
}

export function view({ state }: World, { id, name, colour, version, created, updated }: Tag): TagView {
  const having = (all: Iterable<{ tags: string[]; deleted?: number | undefined }>): number => [...all].filter((it) => it.deleted === undefined && it.tags.includes(name)).length;
  return { id, name, colour, schedules: having(state.schedules.values()), tasks: having(state.tasks.values()), version, created_at: iso(created), updated_at: iso(updated) };
}

export function tagList(world: World): TagList {
  const items = world.state.tags.map((tag) => view(world, tag));
  return { items: items.sort((one, other) => ascending(one.name.toLowerCase(), other.name.toLowerCase())), next_cursor: null };
}

export function change(world: World, id: string, ifMatch: string | undefined, { name, colour }: TagChange): TagView {
  const it = find(world, id);
  match("tag", ifMatch, it.version, true);
  const before = { ...it };
  if (colour !== undefined) it.colour = colourOf("tag", colour);
  if (name != null) it.name = nameOf("tag", name);
  const other = world.state.tags.find((each) => each !== it && each.name.toLowerCase() === it.name.toLowerCase());
  if (other) throw new Refusal(409, "tag.name_taken", "another tag has this name: merge them to make them one", { taken_by: other.id });
  if (it.name === before.name && it.colour === before.colour) return view(world, it);
  if (it.name !== before.name) replace(world, before.name, it.name);
  changed(world, it);
  return view(world, it);
}

export function remove(world: World, id: string, ifMatch: string | undefined): void {
  const it = find(world, id);
  match("tag", ifMatch, it.version, false);
  replace(world, it.name, undefined);
  world.state.tags = world.state.tags.filter((each) => each !== it);
  world.tell("tag.changed", { tag_id: id, version: it.version + 1, change: "deleted" });
}

/** What has this tag has the other one from then on, and this one is gone. */
export function merge(world: World, id: string, into: string): TagView {
  const it = find(world, id);
  const other = world.state.tags.find((each) => each.id === into);
  if (!other || other === it) throw invalid("tag", { pointer: "/into", detail: other ? "name another tag than this one" : "there is no such tag" });
  replace(world, it.name, other.name);
  world.state.tags = world.state.tags.filter((each) => each !== it);
  world.tell("tag.changed", { tag_id: id, version: it.version + 1, change: "deleted" });
  changed(world, other);
  return view(world, other);
}

function changed(world: World, it: Tag): void {
  it.version += 1;
  it.updated = world.now;
  world.tell("tag.changed", { tag_id: it.id, version: it.version, change: "updated" });
}

/** Everything that has `before` has `after` instead, none twice. */
function replace(world: World, before: string, after: string | undefined): void {
  relabel(world, ({ category_id, tags }) => {
    if (!tags.includes(before)) return { category_id, tags };
    const rest = tags.filter((tag) => tag !== before && tag !== after);
    return { category_id, tags: (after === undefined ? rest : [...rest, after]).sort((one, other) => ascending(one.toLowerCase(), other.toLowerCase())) };
  });
}

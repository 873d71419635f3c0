// Categories: places in a tree (docs/labels.md).
import type { CategoryChange, CategoryList, CategoryView, NewCategory } from "../api/schema";
import { ascending } from "./http";
import { colourOf, nameOf, relabel } from "./labels";
import { Refusal, invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import { wayBack } from "./ways";
import type { Category, World } from "./world";

const DEEPEST = 8;

function find(world: World, id: string): Category {
  const it = world.state.categories.find((each) => each.id === id);
  if (!it) throw notFound("category");
  return it;
}

function below(world: World, parent: string | null): Category[] {
  const found = world.state.categories.filter((it) => it.parent === parent);
  return found.sort((one, other) => one.position - other.position || ascending(one.name.toLowerCase(), other.name.toLowerCase()));
}

/** The whole tree, from the top down, what lies below one right behind it. */
export function categoryList(world: World): CategoryList {
  const branch = (parent: string | null): CategoryView[] => below(world, parent).flatMap((it) => [view(world, it), ...branch(it.id)]);
  return { items: branch(null), next_cursor: null };
}

export function view(world: World, { id, parent, name, colour, position, created, updated, version }: Category): CategoryView {
  return { id, parent_id: parent, name, colour, position, depth: wayUp(world, id).length, version, created_at: iso(created), updated_at: iso(updated) };
}

/** It and what lies above it. */
function wayUp(world: World, id: string): string[] {
  const way: string[] = [];
  for (let at: string | null = id; at !== null && !way.includes(at); at = world.state.categories.find((it) => it.id === at)?.parent ?? null) way.push(at);
  return way;
}

export function create(world: World, draft: NewCategory): CategoryView {
  const { now } = world;
  const it: Category = { id: world.mint("cat"), parent: draft.parent_id ?? null, name: nameOf("category", draft.name), colour: colourOf("category", draft.colour ?? null), position: positionOf(draft.position ?? 0), created: now, updated: now, version: 1 };
  world.state.categories.push(it);
  check(world, it);
  world.tell("category.changed", { category_id: it.id, version: 1, change: "created" });
  return view(world, it);
}

export function change(world: World, id: string, ifMatch: string | undefined, change: CategoryChange): CategoryView {
  const it = find(world, id);
  match("category", ifMatch, it.version, true);
  const before = JSON.stringify(it);
  if (change.name != null) it.name = nameOf("category", change.name);
  if (change.colour !== undefined) it.colour = colourOf("category", change.colour);
  if (change.position != null) it.position = positionOf(change.position);
  if (change.parent_id !== undefined) it.parent = change.parent_id;
  check(world, it);
  if (JSON.stringify(it) !== before) changed(world, it);
  return view(world, it);
}

export function remove(world: World, id: string, ifMatch: string | undefined, children: string): void {
  const it = find(world, id);
  match("category", ifMatch, it.version, false);
  const its = below(world, id);
  if (its.length > 0 && children === "refuse") throw new Refusal(409, "category.has_children", "others lie below this category: say children=lift to keep them, or children=delete");
  world.state.categories = world.state.categories.filter((each) => each !== it);
  if (children === "delete") for (const child of its) remove(world, child.id, undefined, "delete");
  else {
    for (const child of its) child.parent = it.parent;
    for (const child of its) {
      check(world, child);
      changed(world, child);
    }
  }
  relabel(world, ({ category_id, tags }) => ({ category_id: category_id === id ? null : category_id, tags }));
  world.tell("category.changed", { category_id: id, version: it.version + 1, change: "deleted" });
}

function changed(world: World, it: Category): void {
  it.version += 1;
  it.updated = world.now;
  world.tell("category.changed", { category_id: it.id, version: it.version, change: "updated" });
}

function positionOf(position: number): number {
  if (!Number.isInteger(position) || position < 0 || position > 1_000_000) throw invalid("category", { pointer: "/position", detail: "0 to 1000000" });
  return position;
}

/** It lies below one that is there, not below itself, not too deep, and has a name of its own there. */
function check(world: World, it: Category): void {
  if (it.parent !== null && !world.state.categories.some(({ id }) => id === it.parent)) throw invalid("category", { pointer: "/parent_id", detail: "there is no such category" });
  const cycle = wayBack(it.id, (id) => world.state.categories.filter(({ parent }) => parent === id).map((child) => child.id));
  if (cycle) throw new Refusal(422, "category.cycle", "a category cannot lie below itself", { cycle });
  const height = (id: string): number => 1 + Math.max(0, ...below(world, id).map((child) => height(child.id)));
  if (wayUp(world, it.id).length - 1 + height(it.id) > DEEPEST) throw new Refusal(422, "category.too_deep", `the tree may be ${String(DEEPEST)} categories deep`);
  const other = below(world, it.parent).find(({ id, name }) => id !== it.id && name.toLowerCase() === it.name.toLowerCase());
  if (other) throw new Refusal(409, "category.name_taken", "another category has this name", { taken_by: other.id });
}

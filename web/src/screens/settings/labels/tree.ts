// The tree of categories, as the API lists it: from the top down, what lies in one right behind it.
import type { CategoryView } from "../../../api/schema";

/** The deepest that one may lie. */
const DEEPEST = 8;

/** Where `it` may lie, or something new: neither in itself nor in what lies in it, nor deeper than there may be. */
export function placesFor(it: CategoryView | undefined, all: readonly CategoryView[]): CategoryView[] {
  const own = new Set(it ? [it.id] : []);
  let below = 0;
  for (const one of all) {
    if (!it || !one.parent_id || !own.has(one.parent_id)) continue;
    own.add(one.id);
    below = Math.max(below, one.depth - it.depth);
  }
  return all.filter(({ id, depth }) => !own.has(id) && depth + 1 + below <= DEEPEST);
}

/** Whether something lies in it. */
export function isAbove({ id }: CategoryView, all: readonly CategoryView[]): boolean {
  return all.some(({ parent_id }) => parent_id === id);
}

// Products that people wait for (docs/campaigns.md).
import type { LastRound, Product as ProductView, ProductPage, ProductRequest } from "../api/schema";
import { Otherwise, ascending, pageOf } from "./http";
import { invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import type { LedgerLine, Product, World } from "./world";

export function find(world: World, name: string): Product {
  const it = world.state.products.find(({ id, key }) => id === name || key === name);
  if (!it) throw notFound("product");
  return it;
}

/** Those who wait, in order. */
export function waiting({ line }: Product): string[] {
  return [...line.values()]
    .filter(({ state }) => state === "ACTIVE")
    .sort((one, other) => one.position - other.position)
    .map(({ who }) => who);
}

export function view(it: Product): ProductView {
  const { id, key, name, stock, strict, per_item, wait_seconds, version, created, updated } = it;
  return { product_id: key, id, name, stock, round: it.rounds.length, last_round: lastOf(it), subscribers: waiting(it).length, pacing: { strict, per_item, wait_seconds }, version, created_at: iso(created), updated_at: iso(updated) };
}

function lastOf({ rounds }: Product): LastRound | null {
  const last = rounds.at(-1);
  if (!last) return null;
  const count = (state: LedgerLine["state"]): number => last.ledger.filter((line) => line.state === state).length;
  const { number: round, status, version } = last;
  return { round, status, total: last.ledger.length, frozen: true, sent: count("SENT"), skipped: count("SKIPPED"), failed: count("FAILED"), version };
}

export function list(world: World, query: { limit?: string; cursor?: string }): ProductPage {
  const { items, next_cursor } = pageOf([...world.state.products].sort((one, other) => ascending(one.id, other.id)), query, ({ id }) => id, ascending);
  return { items: items.map(view), next_cursor };
}

export function touch(world: World, it: Product): void {
  Object.assign(it, { version: it.version + 1, updated: world.now });
}

export function put(world: World, key: string, ifMatch: string | undefined, said: ProductRequest): ProductView | Otherwise {
  const before = world.state.products.find((each) => each.id === key || each.key === key);
  if (!before && (!/^[\w.~:-]{1,128}$/.test(key) || /^\.+$/.test(key) || key.startsWith("prd_"))) throw invalid("product", { pointer: "/product_id", detail: "a product is called by 1 to 128 letters, digits, and . _ ~ : -, not beginning with prd_" });
  match("product", ifMatch, before?.version ?? 0, false);
  const draft = { name: nameOf(said.name), strict: said.strict ?? false, ...wavesOf(said) };
  if (before) {
    const isSame = (["name", "strict", "per_item", "wait_seconds"] as const).every((field) => before[field] === draft[field]);
    if (!isSame) touch(world, Object.assign(before, draft));
    return view(before);
  }
  const made: Product = { id: world.mint("prd"), key, ...draft, stock: 0, line: new Map(), places: 0, rounds: [], version: 1, created: world.now, updated: world.now };
  world.state.products.push(made);
  return new Otherwise(201, view(made));
}

function nameOf(given: string): string {
  const name = given.trim();
  const detail = !/[^\p{Z}\p{C}]/u.test(name) ? "write at least one visible character" : /\p{Cc}/u.test(name) ? "line breaks and control characters are not allowed here" : [...name].length > 200 ? "at most 200 characters" : undefined;
  if (detail) throw invalid("product", { pointer: "/name", detail });
  return name;
}

function wavesOf({ per_item = null, wait_seconds = null }: ProductRequest): { per_item: number | null; wait_seconds: number | null } {
  if ((per_item === null) !== (wait_seconds === null)) throw invalid("product", { pointer: per_item === null ? "/per_item" : "/wait_seconds", detail: "per_item and wait_seconds go together: write both or neither" });
  for (const [pointer, number, most] of [["/per_item", per_item, 10_000], ["/wait_seconds", wait_seconds, 86_400]] as const) {
    if (number !== null && (number < 1 || number > most)) throw invalid("product", { pointer, detail: `write a number from 1 to ${String(most)}` });
  }
  return { per_item, wait_seconds };
}

export function remove(world: World, name: string, ifMatch: string | undefined): void {
  const it = find(world, name);
  match("product", ifMatch, it.version, false);
  world.state.products = world.state.products.filter((each) => each !== it);
}

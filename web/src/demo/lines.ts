// Who waits for a product, in which order, and who does no longer (docs/campaigns.md).
import type { Subscription, SubscriptionPage } from "../api/schema";
import { Otherwise, ascending, pageOf } from "./http";
import { who as recipient } from "./recipients";
import { Refusal, notFound } from "./refusal";
import { iso } from "./span";
import type { Place, Product, World } from "./world";

function view(world: World, { who, position, state, since, round }: Place): Subscription {
  return { user_id: who, name: world.state.recipients.get(who)?.name ?? null, position, state, subscribed_at: iso(since), notified_round: round };
}

export function list(world: World, product: Product, query: { state?: string; limit?: string; cursor?: string }): SubscriptionPage {
  const { state = "ACTIVE" } = query;
  if (!["ACTIVE", "NOTIFIED", "LEFT"].includes(state)) throw new Refusal(422, "query.invalid", "the query is not valid", { errors: [{ pointer: "/state", detail: "ACTIVE, NOTIFIED or LEFT" }] });
  const all = [...product.line.values()].filter((place) => place.state === state).sort((one, other) => one.position - other.position);
  const { items, next_cursor } = pageOf(all, query, ({ position }) => String(position).padStart(12, "0"), ascending);
  return { items: items.map((place) => view(world, place)), next_cursor };
}

export function get(world: World, product: Product, who: string): Subscription {
  const place = product.line.get(who);
  if (!place) throw notFound("subscription");
  return view(world, place);
}

/** Who waits keeps their place; anybody else comes to the end. Answers whether they came there, and for the first time. */
export function enter(world: World, product: Product, who: string): { came: boolean; isFirst: boolean } {
  const before = product.line.get(who);
  if (before?.state === "ACTIVE") return { came: false, isFirst: false };
  product.places += 1;
  product.line.set(who, { who, position: product.places, state: "ACTIVE", since: world.now, round: before?.round ?? null });
  return { came: true, isFirst: !before };
}

export function subscribe(world: World, product: Product, id: string): Subscription | Otherwise {
  const { external_id } = recipient(world, id);
  const { isFirst } = enter(world, product, external_id);
  const now = get(world, product, external_id);
  return isFirst ? new Otherwise(201, now) : now;
}

export function leave(product: Product, who: string): void {
  const place = product.line.get(who);
  if (place?.state === "ACTIVE") place.state = "LEFT";
}

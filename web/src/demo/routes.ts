// Every endpoint that the screens use, and what stands behind it. What is not here is refused in words.
import type { Happening, SessionView, TaskPage } from "../api/schema";
import { ascending, Routes, pageOf } from "./http";
import { forget, habits } from "./habits";
import * as inbox from "./inbox";
import * as categories from "./categories";
import { hasTag, liesIn } from "./labels";
import * as lines from "./lines";
import * as lists from "./lists";
import { named, view, whole } from "./occurrences";
import { freeSlots, suggest } from "./planning";
import * as products from "./products";
import * as profile from "./profile";
import * as recipients from "./recipients";
import * as rooms from "./rooms";
import * as rounds from "./rounds";
import { Refusal, invalid, match, notAvailable, notFound } from "./refusal";
import * as schedules from "./schedules";
import * as shares from "./shares";
import * as series from "./series";
import { instantIn, iso } from "./span";
import { split } from "./split";
import { statistics } from "./statistics";
import { type Action } from "./progress";
import { step } from "./steps";
import * as tags from "./tags";
import * as talk from "./talk";
import * as tasks from "./tasks";
import { says } from "./text";
import type { Task, World } from "./world";

export function routesOf(world: World): Routes {
  const routes = new Routes();
  schedulesOf(world, routes);
  stepsOf(world, routes);
  tasksOf(world, routes);
  labelsOf(world, routes);
  inboxOf(world, routes);
  roomsOf(world, routes);
  productsOf(world, routes);
  accountOf(world, routes);
  return routes;
}

function schedulesOf(world: World, routes: Routes): void {
  const path = "/api/v1/schedules/{id}" as const;
  routes.on("get", "/api/v1/schedules", 200, ["from", "to", "state", "category", "tag", "q", "progress", "limit", "cursor"], ({ query }) => schedules.list(world, query));
  routes.on("post", "/api/v1/schedules", 201, ["on_conflict"], ({ query, body }) => whole(schedules.create(world, body, query.on_conflict === "allow")));
  routes.on("post", "/api/v1/schedules/preview", 200, [], ({ body }) => schedules.preview(world, body));
  routes.on("get", path, 200, ["recurrence_id"], ({ id, query }) => {
    const it = schedules.find(world, id);
    return query.recurrence_id === undefined ? whole(it) : view(named(it, nameIn(it, query.recurrence_id)));
  });
  routes.on("patch", path, 200, ["scope", "recurrence_id", "on_conflict"], ({ id, query, body, ifMatch }) => {
    const it = schedules.present(world, id);
    match("schedule", ifMatch, it.version, true);
    const allow = query.on_conflict === "allow";
    const name = partOf(query);
    if (name === undefined) return series.changeAll(world, it, body, allow);
    return query.scope === "this" ? series.changeThis(world, it, nameIn(it, name), body, allow) : series.changeFollowing(world, it, nameIn(it, name), body, allow);
  });
  routes.on("delete", path, 204, ["scope", "recurrence_id"], ({ id, query, ifMatch }) => {
    const it = schedules.present(world, id);
    match("schedule", ifMatch, it.version, false);
    const name = partOf(query);
    if (name === undefined) schedules.remove(world, it);
    else series.removePart(world, it, query.scope === "this" ? "this" : "following", nameIn(it, name));
    return undefined;
  });
  routes.on("post", "/api/v1/schedules/{id}/restore", 200, ["on_conflict"], ({ id, query }) => whole(schedules.restore(world, schedules.find(world, id), query.on_conflict === "allow")));
  routes.on("post", "/api/v1/schedules/bulk-delete", 204, [], ({ body }) => {
    for (const id of body.ids) schedules.remove(world, schedules.present(world, id));
    return undefined;
  });
  routes.on("get", "/api/v1/statistics", 200, ["period", "date", "group_by"], ({ query }) => statistics(world, query));
  routes.on("get", "/api/v1/free-slots", 200, ["from", "to", "duration", "within", "limit", "cursor"], ({ query }) => freeSlots(world, query));
  routes.on("get", "/api/v1/habits", 200, [], () => habits(world));
  routes.on("delete", "/api/v1/habits", 204, [], () => void forget(world));
  routes.on("post", "/api/v1/suggestions", 200, [], ({ body }) => suggest(world, body));
}

/** Which occurrence a change names; undefined if all of it is meant. */
function partOf({ scope = "all", recurrence_id }: { scope?: string; recurrence_id?: string }): string | undefined {
  if (scope === "all") return undefined;
  if (recurrence_id === undefined) throw invalid("schedule", { pointer: "/recurrence_id", detail: "say which occurrence is meant" });
  return recurrence_id;
}

/** Alarms name the days of whole days by their midnight. */
function nameIn({ all_day }: { all_day: boolean }, name: string): string {
  return all_day ? name.slice(0, 10) : name;
}

function stepsOf(world: World, routes: Routes): void {
  const take = (action: Action, id: string, body: Happening | null | undefined, query: { auto_suspend?: string; force?: string } = {}) => {
    const it = schedules.present(world, id);
    const name = body?.recurrence_id == null ? undefined : nameIn(it, body.recurrence_id);
    return step(world, it, action, { name, at: body?.at ?? undefined, autoSuspend: query.auto_suspend === "true", force: query.force === "true" });
  };
  routes.on("post", "/api/v1/schedules/{id}/start", 200, ["auto_suspend", "force"], ({ id, body, query }) => take("start", id, body, query));
  routes.on("post", "/api/v1/schedules/{id}/suspend", 200, [], ({ id, body }) => take("suspend", id, body));
  routes.on("post", "/api/v1/schedules/{id}/complete", 200, [], ({ id, body }) => take("complete", id, body));
  routes.on("post", "/api/v1/schedules/{id}/cancel", 200, [], ({ id, body }) => take("cancel", id, body));
}

function tasksOf(world: World, routes: Routes): void {
  const path = "/api/v1/tasks/{id}" as const;
  const after = (id: string, change: (task: Task) => void) => {
    const task = tasks.find(world, id);
    change(task);
    return tasks.view(world, task);
  };
  routes.on("get", "/api/v1/tasks", 200, ["state", "archived", "ready", "overdue", "deadline_before", "parent", "category", "tag", "q", "sort", "limit", "cursor"], ({ query }) => taskPage(world, query));
  routes.on("post", "/api/v1/tasks", 201, [], ({ body }) => tasks.view(world, tasks.create(world, body)));
  routes.on("get", path, 200, [], ({ id }) => tasks.view(world, tasks.find(world, id)));
  routes.on("patch", path, 200, [], ({ id, body, ifMatch }) =>
    after(id, (task) => {
      match("task", ifMatch, task.version, true);
      tasks.change(world, task, body);
    }),
  );
  routes.on("delete", path, 204, ["sessions"], ({ id, query, ifMatch }) => {
    const task = tasks.find(world, id);
    match("task", ifMatch, task.version, false);
    tasks.remove(world, task, query.sessions === "delete" ? "delete" : "keep");
    return undefined;
  });
  routes.on("post", "/api/v1/tasks/{id}/complete", 200, ["force"], ({ id, query }) => after(id, (task) => tasks.finish(world, task, query.force === "true")));
  routes.on("post", "/api/v1/tasks/{id}/reopen", 200, [], ({ id }) => after(id, (task) => tasks.reopen(world, task)));
  routes.on("post", "/api/v1/tasks/{id}/archive", 200, [], ({ id }) => after(id, (task) => tasks.archive(world, task)));
  routes.on("post", "/api/v1/tasks/{id}/unarchive", 200, [], ({ id }) => after(id, (task) => tasks.unarchive(world, task)));
  routes.on("get", "/api/v1/tasks/{id}/schedules", 200, ["limit", "cursor"], ({ id, query }) => schedules.sessionPage(world, tasks.find(world, id), query));
  routes.on("post", "/api/v1/tasks/{id}/schedules", 201, ["on_conflict"], ({ id, query, body }) => whole(schedules.plan(world, tasks.find(world, id), body, query.on_conflict === "allow")));
  routes.on("post", "/api/v1/tasks/{id}/split", 201, ["dry_run"], ({ id, query, body }) => split(world, tasks.find(world, id), body, query.dry_run === "true"));
}

interface TaskQuery {
  state?: string;
  archived?: string;
  ready?: string;
  overdue?: string;
  deadline_before?: string;
  parent?: string;
  category?: string;
  tag?: string;
  q?: string;
  sort?: string;
  limit?: string;
  cursor?: string;
}

function taskPage(world: World, query: TaskQuery): TaskPage {
  const { category, parent, tag, q, state = "open" } = query;
  if (category !== undefined && !world.state.categories.some(({ id }) => id === category)) throw notFound("category");
  const before = query.deadline_before === undefined ? undefined : instantIn(world.state.user.time_zone, "/deadline_before", query.deadline_before);
  const passes = (task: Task): boolean =>
    (task.archived !== undefined) === (query.archived === "true") &&
    (state === "all" || (state === "open") === (task.completed === undefined)) &&
    (parent === undefined || task.parent_id === parent) &&
    (category === undefined || liesIn(world, task.category_id, category)) &&
    (tag === undefined || hasTag(task.tags, tag)) &&
    (q === undefined || says(q, [task.title, task.description, ...task.tags]));
  const views = [...world.state.tasks.values()].filter(passes).map((task) => tasks.view(world, task));
  const due = ({ deadline_at }: { deadline_at?: string | null }): number => (deadline_at ? Date.parse(deadline_at) : Infinity);
  const shown = views.filter((it) => (query.ready !== "true" || it.ready) && (query.overdue !== "true" || it.overdue) && (before === undefined || due(it) < before));
  const isNewest = query.sort === "created";
  const place = (it: (typeof shown)[number]): string => (isNewest ? it.id : `${String(Math.min(due(it), 9e15)).padStart(17, "0")} ${it.id}`);
  const compare = isNewest ? (one: string, other: string) => ascending(other, one) : ascending;
  return pageOf(shown.sort((one, other) => compare(place(one), place(other))), query, place, compare);
}

function labelsOf(world: World, routes: Routes): void {
  const path = "/api/v1/categories/{id}" as const;
  routes.on("get", "/api/v1/categories", 200, [], () => categories.categoryList(world));
  routes.on("post", "/api/v1/categories", 201, [], ({ body }) => categories.create(world, body));
  routes.on("patch", path, 200, [], ({ id, body, ifMatch }) => categories.change(world, id, ifMatch, body));
  routes.on("delete", path, 204, ["children"], ({ id, query, ifMatch }) => void categories.remove(world, id, ifMatch, query.children ?? "refuse"));
  routes.on("get", "/api/v1/tags", 200, [], () => tags.tagList(world));
  routes.on("patch", "/api/v1/tags/{id}", 200, [], ({ id, body, ifMatch }) => tags.change(world, id, ifMatch, body));
  routes.on("delete", "/api/v1/tags/{id}", 204, [], ({ id, ifMatch }) => void tags.remove(world, id, ifMatch));
  routes.on("post", "/api/v1/tags/{id}/merge", 200, [], ({ id, body }) => tags.merge(world, id, body.into));
}

function inboxOf(world: World, routes: Routes): void {
  routes.on("get", "/api/v1/notifications", 200, ["state", "kind", "limit", "cursor"], ({ query }) => inbox.list(world, query));
  routes.on("get", "/api/v1/notifications/unread", 200, [], () => inbox.unread(world));
  routes.on("post", "/api/v1/notifications/read", 200, [], ({ body }) => inbox.markUpTo(world, body));
  routes.on("patch", "/api/v1/notifications/{id}/read", 200, [], ({ id, body }) => inbox.mark(world, id, body?.read ?? true));
  routes.on("delete", "/api/v1/notifications/{id}", 204, [], ({ id }) => void inbox.remove(world, id));
  routes.on("get", "/api/v1/reminders", 200, ["from", "to", "limit", "cursor"], ({ query }) => inbox.reminders(world, query));
  routes.on("post", "/api/v1/reminders/{id}/snooze", 200, [], ({ id, body }) => inbox.snooze(world, id, body));
  routes.on("post", "/api/v1/reminders/{id}/dismiss", 200, [], ({ id }) => inbox.dismiss(world, id));
}

function roomsOf(world: World, routes: Routes): void {
  const [room, member] = ["/api/v1/rooms/{id}", "/api/v1/rooms/{id}/members/{user_id}"] as const;
  routes.on("get", "/api/v1/rooms", 200, ["limit", "cursor"], ({ query }) => rooms.list(world, query));
  routes.on("post", "/api/v1/rooms", 201, [], ({ body }) => rooms.create(world, body.name));
  routes.on("get", "/api/v1/rooms/unread", 200, [], () => rooms.unread(world));
  routes.on("get", room, 200, [], ({ id }) => rooms.view(world, rooms.find(world, id)));
  routes.on("patch", room, 200, [], ({ id, body, ifMatch }) => rooms.rename(world, id, ifMatch, body.name));
  routes.on("delete", room, 204, [], ({ id }) => void rooms.remove(world, id));
  routes.on("post", "/api/v1/rooms/{id}/leave", 204, [], ({ id }) => void rooms.removeMember(world, id, world.state.user.id));
  routes.on("get", "/api/v1/rooms/{id}/members", 200, ["limit", "cursor"], ({ id, query }) => rooms.members(world, id, query));
  routes.on("patch", member, 200, [], ({ id, parts: [user = ""], body }) => rooms.changeMember(world, id, user, body.role));
  routes.on("delete", member, 204, [], ({ id, parts: [user = ""] }) => void rooms.removeMember(world, id, user));
  routes.on("get", "/api/v1/rooms/{id}/invitations", 200, [], ({ id }) => rooms.invitations(world, id));
  routes.on("post", "/api/v1/rooms/{id}/invitations", 201, [], ({ id, body }) => rooms.invite(world, id, body.role));
  routes.on("delete", "/api/v1/rooms/{id}/invitations/{invitation_id}", 204, [], ({ id, parts: [invitation = ""] }) => void rooms.revoke(world, id, invitation));
  routes.on("post", "/api/v1/invitations/accept", 200, [], ({ body }) => rooms.accept(world, body.token));
  routes.on("get", "/api/v1/rooms/{id}/events", 200, ["since", "limit"], ({ id, query }) => rooms.events(world, id, query));
  routes.on("put", "/api/v1/rooms/{id}/read", 200, [], ({ id, body }) => rooms.mark(world, id, body.up_to));
  const [comment, reaction] = ["/api/v1/rooms/{id}/comments/{comment_id}", "/api/v1/rooms/{id}/reactions/{about}/{emoji}"] as const;
  routes.on("get", "/api/v1/rooms/{id}/comments", 200, ["about", "limit", "cursor"], ({ id, query }) => talk.list(world, id, query));
  routes.on("post", "/api/v1/rooms/{id}/comments", 201, [], ({ id, body }) => talk.comment(world, id, body));
  routes.on("patch", comment, 200, [], ({ id, parts: [which = ""], body, ifMatch }) => talk.edit(world, [id, which], ifMatch, body));
  routes.on("delete", comment, 204, [], ({ id, parts: [which = ""], ifMatch }) => void talk.remove(world, [id, which], ifMatch));
  routes.on("put", reaction, 200, [], ({ id, parts }) => talk.react(world, id, parts, true));
  routes.on("delete", reaction, 200, [], ({ id, parts }) => talk.react(world, id, parts, false));
  routes.on("get", "/api/v1/rooms/{id}/presence", 200, [], ({ id }) => talk.presence(world, id));
  routes.on("get", "/api/v1/rooms/{id}/schedules", 200, [], ({ id }) => shares.list(world, id));
  routes.on("put", "/api/v1/rooms/{id}/schedules/{schedule_id}", 200, [], ({ id, parts: [schedule = ""] }) => shares.share(world, id, schedule));
  routes.on("delete", "/api/v1/rooms/{id}/schedules/{schedule_id}", 204, [], ({ id, parts: [schedule = ""] }) => void shares.end(world, id, schedule));
  routes.on("post", "/api/v1/notifications/publish", 202, [], ({ body }) => rooms.publish(world, body));
}

function productsOf(world: World, routes: Routes): void {
  const [product, recipient, subscription] = ["/api/v1/products/{product_id}", "/api/v1/recipients/{external_id}", "/api/v1/products/{product_id}/subscriptions/{user_id}"] as const;
  routes.on("get", "/api/v1/products", 200, ["limit", "cursor"], ({ query }) => products.list(world, query));
  routes.on("get", product, 200, [], ({ id }) => products.view(products.find(world, id)));
  routes.on("put", product, 200, [], ({ id, body, ifMatch }) => products.put(world, id, ifMatch, body));
  routes.on("delete", product, 204, [], ({ id, ifMatch }) => void products.remove(world, id, ifMatch));
  routes.on("put", "/api/v1/products/{product_id}/stock", 200, [], ({ id, body, ifMatch }) => rounds.setStock(world, products.find(world, id), ifMatch, body.stock));
  routes.on("get", "/api/v1/recipients", 200, ["limit", "cursor"], ({ query }) => recipients.list(world, query));
  routes.on("get", recipient, 200, [], ({ id }) => recipients.view(recipients.find(world, id)));
  routes.on("put", recipient, 200, [], ({ id, body, ifMatch }) => recipients.put(world, id, ifMatch, body));
  routes.on("delete", recipient, 204, [], ({ id, ifMatch }) => void recipients.remove(world, id, ifMatch));
  routes.on("get", "/api/v1/products/{product_id}/subscriptions", 200, ["state", "limit", "cursor"], ({ id, query }) => lines.list(world, products.find(world, id), query));
  routes.on("post", "/api/v1/products/{product_id}/subscriptions/import", 200, [], ({ id, body }) => lists.take(world, products.find(world, id), body));
  routes.on("get", subscription, 200, [], ({ id, parts: [who = ""] }) => lines.get(world, products.find(world, id), who));
  routes.on("put", subscription, 200, [], ({ id, parts: [who = ""] }) => lines.subscribe(world, products.find(world, id), who));
  routes.on("delete", subscription, 204, [], ({ id, parts: [who = ""] }) => void lines.leave(products.find(world, id), who));
  const path = "/api/v1/products/{product_id}/rounds/{round}" as const;
  routes.on("get", "/api/v1/products/{product_id}/rounds", 200, ["limit", "cursor"], ({ id, query }) => rounds.list(world, products.find(world, id), query));
  routes.on("get", path, 200, [], ({ id, parts: [number = ""] }) => rounds.get(world, id, number));
  routes.on("get", `${path}/recipients`, 200, ["state", "user_id", "limit", "cursor"], ({ id, parts: [number = ""], query }) => rounds.ledger(world, [id, number], query));
  routes.on("get", `${path}/export`, 200, ["format"], ({ id, parts: [number = ""], query }) => rounds.file(world, [id, number], query.format));
  routes.on("post", "/api/v1/products/{product_id}/notifications/re-stock", 202, [], ({ id, body, ifMatch }) => rounds.restock(world, products.find(world, id), ifMatch, body ?? {}));
  routes.on("post", "/api/v1/admin/products/{product_id}/notifications/re-stock", 202, [], ({ id, ifMatch }) => rounds.steer(world, products.find(world, id), "resume", ifMatch));
  routes.on("post", "/api/v1/admin/products/{product_id}/rounds/{round}/pause", 200, [], ({ id, parts: [number = ""], ifMatch }) => rounds.steer(world, products.find(world, id), "pause", ifMatch, number));
  routes.on("post", "/api/v1/admin/products/{product_id}/rounds/{round}/cancel", 200, [], ({ id, parts: [number = ""], ifMatch }) => rounds.steer(world, products.find(world, id), "cancel", ifMatch, number));
}

function accountOf(world: World, routes: Routes): void {
  routes.on("get", "/api/v1/users/me", 200, [], () => world.state.user);
  routes.on("patch", "/api/v1/users/me", 200, [], ({ body, ifMatch }) => {
    match("identity", ifMatch, world.state.user.version, true);
    return profile.change(world, body);
  });
  routes.on("get", "/api/v1/users/me/usage", 200, [], () => {
    const { schedules, tags, categories } = world.state;
    const used = [...schedules.values()].filter(({ deleted }) => deleted === undefined).length;
    return { schedules: { used, limit: 100_000 }, tags: { used: tags.length, limit: 500 }, categories: { used: categories.length, limit: 500 } };
  });
  const begun = iso(world.now);
  const session: SessionView = { id: world.mint("ses"), current: true, user_agent: globalThis.navigator?.userAgent ?? "", address: "127.0.0.1", created_at: begun, last_used_at: begun, expires_at: iso(world.now + 14 * 86_400_000) };
  routes.on("get", "/api/v1/auth/sessions", 200, [], () => ({ items: [session], next_cursor: null }));
  // What needs a server is empty, and refused where somebody wants it.
  const refuse = (detail: string) => (): never => {
    throw notAvailable(detail);
  };
  routes.on("get", "/api/v1/api-keys", 200, [], () => ({ items: [], next_cursor: null }));
  routes.on("post", "/api/v1/api-keys", 201, [], refuse("a demonstration has no API that other programs could use: make an account to get keys"));
  routes.on("get", "/api/v1/calendar/feeds", 200, [], () => ({ items: [], next_cursor: null }));
  routes.on("post", "/api/v1/calendar/feeds", 201, [], refuse("other programs cannot read a calendar that lives in this page alone: make an account to share it"));
  routes.on("post", "/api/v1/users/me/password", 204, [], refuse("there is no password in a demonstration: make an account to have one"));
  routes.on("delete", "/api/v1/auth/sessions/{id}", 204, [], refuse("this page is the only session of a demonstration: close it to end it"));
}

/** A body that is JSON, where there is one, or a list of people. */
export function bodyOf(text: string, type: string | null): unknown {
  if (type?.startsWith("text/csv")) return text;
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "body.malformed", "the body is not JSON");
  }
}

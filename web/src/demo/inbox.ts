// The inbox, and what is done to what rang: read, deleted, snoozed, dismissed.
import type { AlarmView, MarkUpTo, MarkedView, NotificationPage, NotificationView, ReminderPage, Snooze, UnreadView } from "../api/schema";
import { secondsOf } from "../time/duration";
import { alarmView, countUnread, put, rearm } from "./alarms";
import { ascending, pageOf } from "./http";
import { Refusal, invalid, notFound } from "./refusal";
import { instantIn, iso } from "./span";
import type { Alarm, World } from "./world";

const LONGEST = 366 * 86_400_000;

interface Page {
  limit?: string;
  cursor?: string;
}

export function list(world: World, query: Page & { state?: string; kind?: string }): NotificationPage {
  const { state = "all", kind } = query;
  const all = world.state.notifications.filter((it) => (kind === undefined || it.type === kind) && (state === "all" || (state === "unread") === !it.read_at));
  const newest = (one: string, other: string): number => ascending(other, one);
  return pageOf(all.sort((one, other) => newest(one.id, other.id)), query, ({ id }) => id, newest);
}

export function unread(world: World): UnreadView {
  return { count: world.state.notifications.filter(({ read_at }) => !read_at).length, version: world.state.unread };
}

function find(world: World, id: string): NotificationView {
  const it = world.state.notifications.find((each) => each.id === id);
  if (!it) throw notFound("notification");
  return it;
}

export function mark(world: World, id: string, read: boolean): NotificationView {
  const it = find(world, id);
  if (Boolean(it.read_at) !== read) {
    it.read_at = read ? iso(world.now) : null;
    world.tell("notification.read", { id, read_at: it.read_at });
    countUnread(world);
  }
  return { ...it };
}

export function markUpTo(world: World, { up_to, all }: MarkUpTo): MarkedView {
  if ((up_to == null) === !all) throw new Refusal(422, "body.invalid", "the body does not say how far: see `errors`", { errors: [{ pointer: "", detail: "give either up_to, or all: true" }] });
  const last = up_to == null ? undefined : find(world, up_to).id;
  const read_at = iso(world.now);
  const marked = world.state.notifications.filter((it) => !it.read_at && (last === undefined || it.id <= last));
  for (const it of marked) it.read_at = read_at;
  if (marked.length > 0) {
    world.tell("notification.read", { up_to: last ?? world.state.notifications[0]?.id, read_at });
    countUnread(world);
  }
  return { marked: marked.length, unread: unread(world), has_more: false };
}

export function remove(world: World, id: string): void {
  const it = find(world, id);
  world.state.notifications = world.state.notifications.filter((each) => each !== it);
  world.tell("notification.deleted", { id });
  if (!it.read_at) countUnread(world);
}

/** Every reminder that is or was due in the range. */
export function reminders(world: World, query: Page & { from?: string; to?: string }): ReminderPage {
  const { time_zone } = world.state.user;
  const missing = ["from", "to"].find((name) => query[name as "from" | "to"] === undefined);
  if (missing) throw new Refusal(422, "query.invalid", "a query parameter is not what is expected here: see `errors`", { errors: [{ pointer: `/${missing}`, detail: "missing" }] });
  const [from, to] = [instantIn(time_zone, "/from", query.from ?? ""), instantIn(time_zone, "/to", query.to ?? "")];
  const place = (it: Alarm): string => `${String(it.due).padStart(15, "0")} ${it.id}`;
  const all = [...world.state.alarms.values()].filter(({ due }) => from <= due && due < to);
  const { items, next_cursor } = pageOf(all.sort((one, other) => ascending(place(one), place(other))), query, place, ascending);
  return { items: items.map((alarm) => alarmView(world, alarm)), next_cursor };
}

function active(world: World, id: string): Alarm {
  const alarm = world.state.alarms.get(id);
  if (!alarm) throw notFound("reminder");
  return alarm;
}

function notActive({ state }: Alarm): Refusal {
  return new Refusal(409, "reminder.not_active", `the reminder is ${state}; only one that is pending, fired or failed can be snoozed or dismissed`);
}

export function snooze(world: World, id: string, { for: length, until }: Snooze): AlarmView {
  const alarm = active(world, id);
  if ((length == null) === (until == null)) throw invalid("reminder", { pointer: "", detail: "give either until or for" });
  const seconds = length == null ? undefined : secondsOf(length);
  const due = until == null ? world.now + (seconds ?? NaN) * 1_000 : Date.parse(until);
  const pointer = length == null ? "/until" : "/for";
  if (Number.isNaN(due) || due <= world.now || due > world.now + LONGEST) throw invalid("reminder", { pointer, detail: "in the future, at most 366 days ahead" });
  if (alarm.state !== "PENDING" && alarm.state !== "FIRED") throw notActive(alarm);
  if (alarm.state === "PENDING") Object.assign(alarm, { state: "SUPERSEDED", reason: "snoozed" });
  else alarm.dismissed ??= world.now;
  // A snooze that still waits gives way to the new one.
  const its = [...world.state.alarms.values()].filter((other) => other.reminder === alarm.reminder && other.occurrence === alarm.occurrence);
  for (const other of its) if (other.state === "PENDING" && other.snooze > 0) Object.assign(other, { state: "SUPERSEDED", reason: "snoozed" });
  const { reminder, occurrence, schedule, task } = alarm;
  const made = put(world, { reminder, occurrence, schedule, task, due, state: "PENDING", reason: "snoozed", snooze: Math.max(...its.map((other) => other.snooze)) + 1 });
  next(world, alarm);
  tell(world, alarm, "snoozed");
  return alarmView(world, made);
}

export function dismiss(world: World, id: string): AlarmView {
  const alarm = active(world, id);
  const isAgain = alarm.dismissed !== undefined || alarm.reason === "dismissed";
  if (alarm.state !== "PENDING" && alarm.state !== "FIRED" && !isAgain) throw notActive(alarm);
  const waiting = [...world.state.alarms.values()].filter((other) => other.state === "PENDING" && other.snooze > 0 && other.reminder === alarm.reminder && other.occurrence === alarm.occurrence);
  for (const other of waiting) Object.assign(other, { state: "CANCELLED", reason: "dismissed" });
  if (alarm.state === "PENDING") Object.assign(alarm, { state: "CANCELLED", reason: "dismissed" });
  else alarm.dismissed ??= world.now;
  next(world, alarm);
  if (!isAgain || waiting.length > 0) tell(world, alarm, "dismissed");
  return alarmView(world, alarm);
}

/** Of a series, the next one is armed where this one will not ring. */
function next(world: World, { schedule }: Alarm): void {
  const it = world.state.schedules.get(schedule ?? "");
  if (it) rearm(world, it);
}

function tell(world: World, { id, schedule, task }: Alarm, change: string): void {
  world.tell("reminder.changed", { reminder_id: id, ...(task === null ? { schedule_id: schedule } : { task_id: task }), change });
}

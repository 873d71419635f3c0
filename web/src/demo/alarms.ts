// What is to ring, and when: planned whenever something changes, rung when its time has come (docs/alarms.md).
import type { AlarmView, NotificationView, ReminderView, TaskReminderView } from "../api/schema";
import { secondsOf } from "../time/duration";
import { addDays, instantOf, wallOf } from "../time/zone";
import { type Occurrence, occurrence, occurrences, progressOf, said } from "./occurrences";
import { quietUntil, spokenQuiet } from "./quiet";
import { iso } from "./span";
import type { Alarm, Schedule, Task, World } from "./world";
import { deadlineWords, reminderBody } from "./wording";

/** One reminder of one occurrence. */
interface Plan {
  reminder: string;
  occurrence: string;
  due: number;
  /** When what it is about begins. */
  start: number;
}

/** The name of an occurrence as alarms have it: its wall time, also of whole days. */
function nominal({ name, span }: Occurrence): string {
  const wall = name ?? span.start;
  return wall.length === 10 ? `${wall}T00:00:00` : wall;
}

function dueOf({ at, before, relative_to }: Partial<ReminderView>, from: number, to: number): number {
  if (at) return Date.parse(at);
  return (relative_to === "end" ? to : from) - (secondsOf(before ?? "PT0S") ?? 0) * 1_000;
}

/** When the deadline of a task is over: a date at its end. */
export function deadlineAt({ deadline, zone }: Pick<Task, "deadline" | "zone">): number | undefined {
  if (deadline === null) return undefined;
  return instantOf(deadline.length === 10 ? addDays(deadline, 1) : deadline, zone ?? "UTC").getTime();
}

/** The hidden reminder that rings at the deadline itself. */
function atDeadline({ id }: Task): string {
  return `rem_${id.slice(4)}`;
}

/** Of each reminder what it rings for next: it, or of a series the next occurrence that it has not told of. */
function plansOf(world: World, it: Schedule): Plan[] {
  if (it.deleted !== undefined) return [];
  const plans: Plan[] = [];
  const known = [...world.state.alarms.values()].filter(({ schedule }) => schedule === it.id);
  const isDone = (one: Occurrence): boolean => ["IN_PROGRESS", "COMPLETED"].includes(progressOf(it, one.name).state);
  const plan = (one: Occurrence, reminder: ReminderView): Plan => ({ reminder: reminder.id, occurrence: nominal(one), due: dueOf(reminder, one.span.from, one.span.to), start: one.span.from });
  if (!it.recurrence) {
    const one = occurrence(it, undefined);
    return isDone(one) ? [] : it.reminders.map((reminder) => plan(one, reminder));
  }
  const settled = new Set<string>();
  for (const one of occurrences(it, world.now + 2 * 366 * 86_400_000)) {
    if (isDone(one)) continue;
    for (const reminder of said(one).reminders) {
      if (settled.has(reminder.id)) continue;
      const next = plan(one, reminder);
      if (next.due <= world.now && one.span.from <= world.now && !reminder.at) continue;
      const told = known.find((alarm) => alarm.snooze === 0 && alarm.reminder === reminder.id && (alarm.occurrence === next.occurrence || Boolean(reminder.at)) && alarm.due === next.due);
      if (told && isSettled(told)) continue;
      plans.push(next);
      // What is past rings once or is passed over, and the next one is planned beside it.
      if (next.due > world.now || reminder.at) settled.add(reminder.id);
    }
    if (settled.size >= it.reminders.length && one.span.from > world.now) break;
  }
  return plans;
}

function plansOfTask(task: Task): Plan[] {
  const start = deadlineAt(task);
  if (start === undefined || task.completed !== undefined || task.archived !== undefined) return [];
  const occurrence = wallOf(start, task.zone ?? "UTC");
  const plans = task.reminders.map((reminder: TaskReminderView) => ({ reminder: reminder.id, occurrence, due: dueOf({ ...reminder, relative_to: "start" }, start, start), start }));
  if (task.remind_overdue) plans.push({ reminder: atDeadline(task), occurrence, due: start, start });
  return plans;
}

/** It has rung, will not, or somebody does not want to hear of it. */
function isSettled({ state, reason }: Alarm): boolean {
  return state === "FIRED" || state === "SKIPPED" || reason === "dismissed" || (state === "SUPERSEDED" && reason === "snoozed");
}

/** Plans the reminders of a schedule anew; those that are not wanted any more end for `reason`. */
export function rearm(world: World, it: Schedule, reason = "rescheduled"): void {
  const isWanted = it.deleted === undefined && (it.recurrence !== null || !["IN_PROGRESS", "COMPLETED"].includes(progressOf(it, undefined).state));
  const reminders = isWanted ? [...it.reminders, ...Object.values(it.own).flatMap((own) => own.reminders ?? [])].map(({ id }) => id) : [];
  settle(world, { of: { schedule: it.id, task: null }, plans: plansOf(world, it), reminders, repeats: it.recurrence !== null, reason });
}

export function rearmTask(world: World, task: Task, reason = "rescheduled"): void {
  const plans = plansOfTask(task);
  settle(world, { of: { schedule: null, task: task.id }, plans, reminders: plans.map(({ reminder }) => reminder), repeats: false, reason });
}

interface Wanted {
  of: Pick<Alarm, "schedule" | "task">;
  plans: Plan[];
  /** Those that may still ring, if only as a snooze. */
  reminders: readonly string[];
  repeats: boolean;
  reason: string;
}

function settle(world: World, { of, plans, reminders, repeats, reason }: Wanted): void {
  const { now } = world;
  const its = [...world.state.alarms.values()].filter(({ schedule, task }) => schedule === of.schedule && task === of.task);
  const fresh = plans.filter((plan) => !its.some((alarm) => alarm.snooze === 0 && isFor(alarm, plan) && (alarm.state === "PENDING" || isSettled(alarm))));
  const verdict = (plan: Plan): "ring" | "late" | "skip" => {
    if (plan.due > now) return "ring";
    const isTold = its.some((alarm) => alarm.reminder === plan.reminder && alarm.occurrence === plan.occurrence && alarm.state === "FIRED");
    // Of several that are past, the one that was due last speaks for all.
    const isSpeaker = !plans.some((other) => other.occurrence === plan.occurrence && other.due <= now && other.due > plan.due);
    return plan.start > now && isSpeaker && !isTold ? "late" : "skip";
  };
  // A snooze gives way to what rings for the new time, and waits on where nothing would.
  const isReplaced = (alarm: Alarm): boolean => fresh.some((plan) => plan.reminder === alarm.reminder && (!repeats || plan.occurrence === alarm.occurrence) && verdict(plan) !== "skip");
  const stays = (alarm: Alarm): boolean => (alarm.snooze === 0 ? plans.some((plan) => isFor(alarm, plan)) : reminders.includes(alarm.reminder) && !isReplaced(alarm));
  const isCancelled = ["schedule_deleted", "started", "completed", "archived"].includes(reason);
  for (const alarm of its) if (alarm.state === "PENDING" && !stays(alarm)) Object.assign(alarm, { state: isCancelled ? "CANCELLED" : "SUPERSEDED", reason });
  for (const plan of fresh) {
    const said = verdict(plan);
    put(world, { ...plan, ...of, state: said === "skip" ? "SKIPPED" : "PENDING", reason: said === "late" ? "late_created" : said === "skip" ? "already_past" : null, snooze: 0 });
  }
}

function isFor(alarm: Alarm, plan: Plan): boolean {
  return alarm.reminder === plan.reminder && alarm.occurrence === plan.occurrence && alarm.due === plan.due;
}

/** Arms one more. */
export function put(world: World, { reminder, occurrence, due, schedule, task, state, reason, snooze }: Pick<Alarm, "reminder" | "occurrence" | "due" | "schedule" | "task" | "state" | "reason" | "snooze">): Alarm {
  const alarm: Alarm = { id: world.mint("alm"), reminder, schedule, task, occurrence, due, armed: world.now, state, reason, fired: undefined, dismissed: undefined, deferred: undefined, snooze };
  world.state.alarms.set(alarm.id, alarm);
  return alarm;
}

/** Those of one occurrence end, snoozes too; those of the rest of the series are planned on. */
export function endAlarms(world: World, it: Schedule, name: string | undefined, state: "CANCELLED" | "SUPERSEDED", reason: string): void {
  const of = nominal(occurrence(it, name));
  for (const alarm of world.state.alarms.values()) {
    if (alarm.schedule === it.id && alarm.occurrence === of && alarm.state === "PENDING") Object.assign(alarm, { state, reason });
  }
  rearm(world, it, reason);
}

/** Rings everything whose time has come. */
export function ring(world: World): void {
  const at = (alarm: Alarm): number => alarm.deferred ?? alarm.due;
  for (;;) {
    const due = [...world.state.alarms.values()].filter((alarm) => alarm.state === "PENDING" && at(alarm) <= world.now);
    due.sort((one, other) => at(one) - at(other));
    const [next] = due;
    if (!next) return;
    tell(world, next);
  }
}

/** When the next one rings. */
export function nextRing(world: World): number | undefined {
  const due = [...world.state.alarms.values()].flatMap((alarm) => (alarm.state === "PENDING" ? [alarm.deferred ?? alarm.due] : []));
  return due.length > 0 ? Math.min(...due) : undefined;
}

function tell(world: World, alarm: Alarm): void {
  const { schedules, tasks, user } = world.state;
  const [schedule, task] = [schedules.get(alarm.schedule ?? ""), tasks.get(alarm.task ?? "")];
  const about = schedule && occurrence(schedule, schedule.recurrence ? nameOf(schedule, alarm.occurrence) : undefined);
  const until = alarm.snooze === 0 && !isCritical(about, task, alarm) ? quietUntil(user, Math.max(alarm.due, alarm.armed)) : undefined;
  if (until !== undefined && until > world.now) {
    Object.assign(alarm, { deferred: until, reason: "quiet_hours" });
    world.tell("reminder.changed", { reminder_id: alarm.id, ...(schedule ? { schedule_id: schedule.id } : { task_id: alarm.task }), change: "deferred" });
    return;
  }
  const isOver = about && alarm.deferred !== undefined && about.span.to <= world.now && about.span.to > alarm.due;
  if (isOver) {
    Object.assign(alarm, { state: "SKIPPED", reason: "over_during_quiet_hours" });
  } else {
    Object.assign(alarm, { state: "FIRED", fired: world.now });
    notify(world, alarm, about, task);
  }
  if (schedule) rearm(world, schedule);
}

function isCritical(about: Occurrence | undefined, task: Task | undefined, alarm: Alarm): boolean {
  const reminders: { id: string; critical: boolean }[] = about ? said(about).reminders : (task?.reminders ?? []);
  return reminders.some(({ id, critical }) => id === alarm.reminder && critical);
}

function nameOf({ all_day }: Schedule, occurrence: string): string {
  return all_day ? occurrence.slice(0, 10) : occurrence;
}

function notify(world: World, alarm: Alarm, about: Occurrence | undefined, task: Task | undefined): void {
  const { user } = world.state;
  const rung = { due_at: iso(alarm.due), late_by_ms: Math.max(0, world.now - alarm.due), snooze: alarm.snooze };
  let words: Pick<NotificationView, "type" | "title" | "body"> & { data: Record<string, unknown> };
  if (about) {
    const { title, location } = said(about);
    const data = { reminder_id: alarm.id, schedule_id: about.of.id, occurrence: alarm.occurrence, start_at: iso(about.span.from), ...rung, missed: 0 };
    words = { type: "reminder", title, body: reminderBody(user.locale, about.span, location), data };
  } else if (task?.deadline) {
    const isOverdue = alarm.due >= (deadlineAt(task) ?? Infinity);
    const data = { reminder_id: alarm.id, task_id: task.id, deadline: task.deadline, deadline_at: iso(deadlineAt(task) ?? alarm.due), ...rung };
    words = { type: isOverdue ? "task.overdue" : "task.deadline", ...deadlineWords(user.locale, task, isOverdue), data };
  } else {
    return;
  }
  // The document says of `data` no more than that it is an object.
  const notification: NotificationView = { id: world.mint("ntf"), ...words, data: words.data as NotificationView["data"], created_at: iso(world.now), read_at: null };
  world.state.notifications.unshift(notification);
  world.tell("notification.created", { ...notification });
  countUnread(world);
}

/** Tells how many are unread now. */
export function countUnread(world: World): { count: number; version: number } {
  world.state.unread += 1;
  const unread = { count: world.state.notifications.filter(({ read_at }) => !read_at).length, version: world.state.unread };
  world.tell("unread.changed", unread);
  return unread;
}

export function alarmView(world: World, alarm: Alarm): AlarmView {
  const deferred = alarm.deferred ?? (alarm.state === "PENDING" && alarm.snooze === 0 ? quietUntil(world.state.user, alarm.due) : undefined);
  return {
    id: alarm.id,
    schedule_id: alarm.schedule,
    task_id: alarm.task,
    reminder_id: alarm.reminder,
    occurrence: alarm.occurrence,
    snooze: alarm.snooze,
    due_at: iso(alarm.due),
    state: alarm.state,
    reason: alarm.reason,
    deferred_until: deferred === undefined ? null : iso(deferred),
    explanation: deferred === undefined || alarm.state !== "PENDING" ? null : spokenQuiet(world.state.user, deferred),
    armed_at: iso(alarm.armed),
    left_out: 0,
    fired_at: alarm.fired === undefined ? null : iso(alarm.fired),
    lateness_ms: alarm.fired === undefined ? null : Math.max(0, alarm.fired - Math.max(alarm.due, alarm.armed, alarm.deferred ?? 0)),
    dismissed_at: alarm.dismissed === undefined ? null : iso(alarm.dismissed),
  };
}

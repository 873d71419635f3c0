// Changes of a schedule, of all of a series, of one occurrence, or of it and all that follow (docs/recurrence.md).
import type { ScheduleChange, ScheduleView } from "../api/schema";
import { addDays, daysBetween, weekdayOf } from "../time/zone";
import { rearm } from "./alarms";
import { judge, judgeOne } from "./conflicts";
import { labelsOf, newTags } from "./labels";
import { isLeft, isOne, named, occurrence, progressOf, said, spanOf, view, whole } from "./occurrences";
import { type Recurrence, names, print, read } from "./recurrence";
import { Refusal, invalid } from "./refusal";
import { add, changed, isRunning, isSame, kindOf, recurrenceOf, remindersOf, remove, running, timesOf } from "./schedules";
import { type Span, resolve } from "./span";
import { line, text } from "./text";
import type { Own, Schedule, World } from "./world";

/** The times that a change makes of `span`: the start alone keeps the length, the zone alone the walls. */
function timesAfter(world: World, span: Span, change: ScheduleChange): Span {
  const { start, end, duration, all_day, time_zone } = change;
  if (start == null && end == null && duration == null && all_day == null && time_zone == null) return span;
  const draft = { all_day: all_day ?? span.all_day, zone: time_zone ?? span.zone };
  if (draft.all_day !== span.all_day && start == null) throw invalid("schedule", { pointer: "/start", detail: "all_day needs a new start" });
  if (end != null || duration != null) return resolve({ ...draft, start: start ?? span.start, end, duration }, world.now);
  if (start == null) return resolve({ ...draft, start: span.start, end: span.end }, world.now);
  if (draft.all_day !== span.all_day) return resolve({ ...draft, start }, world.now);
  if (draft.all_day) return resolve({ ...draft, start, end: /^\d{4}-\d\d-\d\d$/.test(start) ? addDays(start, daysBetween(span.start, span.end)) : null }, world.now);
  return resolve({ ...draft, start, duration: `PT${String((span.to - span.from) / 1_000)}S` }, world.now);
}

/** What people read, as far as it is changed. */
function words(change: ScheduleChange): Own {
  const own: Own = {};
  if (change.title != null) own.title = line("schedule", "/title", change.title, 200, true);
  if (change.description != null) own.description = text("schedule", change.description);
  if (change.location != null) own.location = line("schedule", "/location", change.location, 500);
  if (change.kind != null) own.kind = kindOf(change.kind);
  if (change.busy != null) own.busy = change.busy;
  return own;
}

/** Changes all of it. */
export function changeAll(world: World, it: Schedule, change: ScheduleChange, allow: boolean): ScheduleView {
  const before = structuredClone(it);
  const span = timesAfter(world, spanOf(it), change);
  Object.assign(it, words(change));
  Object.assign(it, labelsOf(world, "schedule", { category_id: change.category_id === undefined ? it.category_id : change.category_id, tags: change.tags ?? it.tags }));
  if (change.reminders != null) it.reminders = remindersOf(world, change.reminders, it.reminders);
  if (change.late != null) it.late = change.late;
  if (change.recurrence === null && it.recurrence && Object.keys(it.progress).length > 0) {
    throw invalid("schedule", { pointer: "/recurrence", detail: "work on it counts: let the series end instead, or take that progress back" });
  }
  if (change.recurrence && !it.recurrence && isRunning(it)) throw running();
  if (it.recurrence && span.start !== it.start) moveSeries(it, span, change.recurrence !== undefined);
  Object.assign(it, timesOf(span));
  if (change.recurrence !== undefined) {
    const fresh = !it.recurrence;
    it.recurrence = recurrenceOf(change.recurrence, span);
    if (!it.recurrence) it.own = {};
    else if (fresh && it.progress[""]) it.progress = { [it.start]: it.progress[""] };
  }
  if (it.recurrence) keepWork(it);
  if (JSON.stringify(it) === JSON.stringify(before)) return whole(it);
  if (!isLeft(it)) throw new Refusal(422, "schedule.recurrence_never_occurs", "no date fits the rule, or every one is taken out");
  if (!allow) judge(world, it, before);
  newTags(world, it.tags);
  changed(world, it);
  rearm(world, it, change.reminders != null && span.from === spanOf(before).from ? "reminders_changed" : "rescheduled");
  return whole(it);
}

/** Names of occurrences move along with the start; a rule that names the day of the old one names that of the new one. */
function moveSeries(it: Schedule, span: Span, hasRule: boolean): void {
  if (isRunning(it)) throw running();
  const by = (wall: string): number => Date.parse(`${wall.length === 10 ? `${wall}T00:00:00` : wall}Z`);
  const away = by(span.start) - by(it.start);
  const moved = (name: string): string => new Date(by(name) + away).toISOString().slice(0, span.all_day ? 10 : 19);
  const renamed = <T>(all: Record<string, T>): Record<string, T> => Object.fromEntries(Object.entries(all).map(([name, one]) => [name === "" ? "" : moved(name), one]));
  it.progress = renamed(it.progress);
  it.own = renamed(it.own);
  if (!it.recurrence || hasRule) return;
  const rule = read(it.recurrence.rrule);
  const days = daysBetween(it.start.slice(0, 10), span.start.slice(0, 10));
  if (days !== 0 && rule.frequency === "WEEKLY" && rule.days.length > 0) {
    if (rule.days.length > 1) throw invalid("schedule", { pointer: "/recurrence", detail: "the rule names days that the new start is not among: give the recurrence as well" });
    rule.days = [{ day: weekdayOf(span.start.slice(0, 10)), nth: 0 }];
  }
  if (days !== 0 && rule.frequency === "MONTHLY") {
    if (rule.monthDay !== undefined && rule.monthDay > 0) rule.monthDay = Number(span.start.slice(8, 10));
    const [first] = rule.days;
    if (first && rule.days.length === 1 && first.nth > 0) rule.days = [{ day: weekdayOf(span.start.slice(0, 10)), nth: Math.ceil(Number(span.start.slice(8, 10)) / 7) }];
    else if (rule.days.length > 0 || (rule.monthDay ?? 0) < 0) throw invalid("schedule", { pointer: "/recurrence", detail: "the rule names days that the new start is not among: give the recurrence as well" });
  }
  if (rule.until !== undefined && !rule.until.endsWith("Z")) {
    const text = rule.until.replace(/^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?$/, (_, y: string, m: string, d: string, h?: string, min = "", s = "") => `${y}-${m}-${d}${h === undefined ? "" : `T${h}:${min}:${s}`}`);
    const until = text.length === 10 ? addDays(text, days) : new Date(by(text) + away).toISOString().slice(0, 19);
    rule.until = until.replace(/[-:]/g, "");
  }
  it.recurrence = { rrule: print(rule), rdates: it.recurrence.rdates.map(moved), exdates: it.recurrence.exdates.map(moved) };
}

/** What is begun or done and has no place in the rule any more stays as a date beside it; what was only changed by hand goes. */
function keepWork(it: Schedule): void {
  if (!it.recurrence) return;
  for (const [name, { state }] of Object.entries(it.progress)) {
    if (state === "NOT_STARTED" || isOne(it, name)) continue;
    it.recurrence = { ...it.recurrence, rdates: [...it.recurrence.rdates, name].sort(), exdates: it.recurrence.exdates.filter((date) => date !== name) };
  }
  for (const name of Object.keys(it.own)) if (!isOne(it, name)) it.own = without(it.own, name);
}

function without<T>(all: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([other]) => other !== name));
}

/** Changes one occurrence, which is unlike the rest from then on, or like it again. */
export function changeThis(world: World, it: Schedule, name: string, change: ScheduleChange, allow: boolean): ScheduleView {
  for (const field of ["recurrence", "category_id", "tags", "late"] as const) {
    if (change[field] !== undefined && change[field] !== null) throw invalid("schedule", { pointer: `/${field}`, detail: "belongs to the whole series: leave it out, or use scope=all" });
  }
  const before = structuredClone(it);
  const one = named(it, name);
  const span = timesAfter(world, one.span, change);
  if ((span.from !== one.span.from || span.to !== one.span.to) && progressOf(it, name).state === "IN_PROGRESS") throw running();
  const own: Own = { ...it.own[name], ...words(change) };
  const usual = occurrence({ ...it, own: {} }, name).span;
  const isMoved = span.start !== usual.start || span.end !== usual.end || span.zone !== usual.zone || span.all_day !== usual.all_day;
  for (const key of ["start", "end", "zone", "all_day"] as const) delete own[key];
  if (isMoved) Object.assign(own, timesOf(span));
  if (change.reminders != null) {
    const reminders = remindersOf(world, change.reminders, said(one).reminders);
    if (reminders.length === it.reminders.length && reminders.every((each) => it.reminders.some((other) => isSame(each, other) && each.critical === other.critical))) delete own.reminders;
    else own.reminders = reminders;
  }
  for (const key of ["title", "description", "location", "kind", "busy"] as const) if (own[key] === it[key]) delete own[key];
  it.own = Object.keys(own).length > 0 ? { ...it.own, [name]: own } : without(it.own, name);
  if (JSON.stringify(it) !== JSON.stringify(before)) {
    if (!allow) judgeOne(world, it, name, before);
    changed(world, it);
    rearm(world, it);
  }
  return view(named(it, name));
}

/** Ends the series before the occurrence, and makes a new one of the rest, changed as asked. */
export function changeFollowing(world: World, it: Schedule, name: string, change: ScheduleChange, allow: boolean): ScheduleView {
  const one = named(it, name);
  if (name === firstOf(it)) return changeAll(world, it, change, allow);
  const before = structuredClone(it);
  const { head, tail } = cut(it, name);
  const start = { all_day: it.all_day, zone: it.zone, ...(one.span.start === (it.own[name]?.start ?? "") ? { start: name, end: occurrence({ ...it, own: {} }, name).span.end } : { start: one.span.start, end: one.span.end }) };
  const rest: Schedule = { ...structuredClone(before), ...start, id: world.mint("sch"), recurrence: tail, created: world.now, updated: world.now, version: 1 };
  [it.recurrence, it.progress, it.own] = [head, split(it.progress, name)[0], split(it.own, name)[0]];
  [rest.progress, rest.own] = [split(before.progress, name)[1], split(before.own, name)[1]];
  for (const stretch of world.state.work) if (stretch.schedule === it.id && stretch.occurrence >= name) stretch.schedule = rest.id;
  changed(world, it);
  rearm(world, it, "occurrence_cancelled");
  add(world, rest, true);
  // Only the time that the change adds is judged; the cut adds none.
  changeAll(world, rest, change, true);
  if (!allow) judge(world, rest, { ...before, id: rest.id });
  return whole(rest);
}

function split<T>(all: Readonly<Record<string, T>>, name: string): [Record<string, T>, Record<string, T>] {
  const entries = Object.entries(all);
  return [Object.fromEntries(entries.filter(([other]) => other < name)), Object.fromEntries(entries.filter(([other]) => other >= name))];
}

function firstOf({ recurrence, start, zone }: Schedule): string | undefined {
  return recurrence ? (names(recurrence, start, zone).next().value as string | undefined) : undefined;
}

/** The recurrence up to `name`, and from it on: a COUNT is divided, otherwise the first part gets an UNTIL. */
function cut({ recurrence, start, zone }: Schedule, name: string): { head: Recurrence; tail: Recurrence } {
  const { rrule, rdates, exdates } = recurrence ?? { rrule: "", rdates: [], exdates: [] };
  const rule = read(rrule);
  const ruled = names({ rrule, rdates: [], exdates: [] }, start, zone);
  let [counted, last] = [0, start];
  for (const other of ruled) {
    if (other >= name) break;
    [counted, last] = [counted + 1, other];
  }
  const head = rule.count === undefined ? { ...rule, until: last.replace(/[-:]/g, "") } : { ...rule, count: counted };
  const tail = rule.count === undefined ? rule : { ...rule, count: rule.count - counted };
  return {
    head: { rrule: print(head), rdates: rdates.filter((date) => date < name), exdates: exdates.filter((date) => date < name) },
    tail: { rrule: print(tail), rdates: rdates.filter((date) => date >= name), exdates: exdates.filter((date) => date >= name) },
  };
}

/** Takes one occurrence out of its series, or it and all that follow; what is completed stays there. */
export function removePart(world: World, it: Schedule, scope: "this" | "following", name: string): void {
  named(it, name);
  if (!it.recurrence) return;
  const isGone = (other: string): boolean => (scope === "this" ? other === name : other >= name && it.progress[other]?.state !== "COMPLETED");
  if (Object.entries(it.progress).some(([other, { state }]) => isGone(other) && state === "IN_PROGRESS")) throw running();
  if (scope === "this") {
    it.recurrence = { ...it.recurrence, exdates: [...new Set([...it.recurrence.exdates, name])].sort() };
  } else {
    const done = Object.entries(it.progress).flatMap(([other, { state }]) => (other >= name && state === "COMPLETED" ? [other] : []));
    // Ended before its first one, nothing but what is done is left of the rule.
    const head = name === firstOf(it) ? { ...it.recurrence, rdates: [], exdates: [...new Set([...it.recurrence.exdates, name])].sort(), rrule: print({ ...read(it.recurrence.rrule), until: undefined, count: 1 }) } : cut(it, name).head;
    it.recurrence = { ...head, rdates: [...new Set([...head.rdates, ...done])].sort(), exdates: head.exdates.filter((date) => !done.includes(date)) };
  }
  it.own = Object.fromEntries(Object.entries(it.own).filter(([other]) => !isGone(other)));
  it.progress = Object.fromEntries(Object.entries(it.progress).filter(([other]) => !isGone(other)));
  if (!isLeft(it) && !world.state.work.some(({ schedule }) => schedule === it.id)) {
    remove(world, it);
    return;
  }
  changed(world, it);
  rearm(world, it, "occurrence_cancelled");
}

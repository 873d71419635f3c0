// Schedules: made, listed, put into the trash and taken out of it. What becomes of parts of a series is in series.ts.
import type { NewSchedule, NewSession, PreviewRequest, PreviewView, ReminderDraft, ReminderView, SchedulePage, ScheduleView } from "../api/schema";
import { durationOf, secondsOf } from "../time/duration";
import { rearm } from "./alarms";
import { judge } from "./conflicts";
import { ascending, pageOf } from "./http";
import { hasTag, labelsOf, liesIn, newTags } from "./labels";
import { type Occurrence, isLeft, isOne, occurrence, occurrences, progressOf, said, view, whole } from "./occurrences";
import { type Recurrence, names, print, read } from "./recurrence";
import { Refusal, invalid, notFound } from "./refusal";
import { type Span, begunAt, instantIn, iso, overlaps, resolution, resolve } from "./span";
import { isOpen, sessionsOf } from "./tasks";
import { line, says, text } from "./text";
import type { Schedule, Task, World } from "./world";

export const LATE: Schedule["late"] = { policy: "coalesce", grace: "P1D" };

export function find(world: World, id: string): Schedule {
  const it = world.state.schedules.get(id);
  if (!it) throw notFound("schedule");
  return it;
}

/** One that is not in the trash. */
export function present(world: World, id: string): Schedule {
  const it = find(world, id);
  if (it.deleted !== undefined) throw notFound("schedule");
  return it;
}

export function create(world: World, draft: NewSchedule, allow: boolean): Schedule {
  const { user } = world.state;
  const span = resolve({ all_day: draft.all_day ?? false, zone: draft.time_zone ?? user.time_zone, start: draft.start, end: draft.end, duration: draft.duration }, world.now);
  const it: Schedule = {
    id: world.mint("sch"),
    title: line("schedule", "/title", draft.title, 200, true),
    description: text("schedule", draft.description ?? ""),
    location: line("schedule", "/location", draft.location ?? "", 500),
    kind: kindOf(draft.kind ?? "event"),
    busy: draft.busy ?? true,
    ...labelsOf(world, "schedule", draft),
    ...timesOf(span),
    recurrence: recurrenceOf(draft.recurrence ?? null, span),
    reminders: remindersOf(world, draft.reminders ?? [{ before: user.default_reminder_lead }], []),
    late: draft.late ?? LATE,
    task_id: null,
    progress: {},
    own: {},
    created: world.now,
    updated: world.now,
    deleted: undefined,
    version: 1,
  };
  return add(world, it, allow);
}

/** The first times of what is not made yet. */
export function preview(world: World, draft: PreviewRequest): PreviewView {
  const limit = draft.limit ?? 5;
  if (limit < 1 || limit > 100) throw invalid("schedule", { pointer: "/limit", detail: "is from 1 to 100" });
  const span = resolve({ all_day: draft.all_day ?? false, zone: draft.time_zone ?? world.state.user.time_zone, start: draft.start, end: draft.end, duration: draft.duration }, world.now);
  const recurrence = recurrenceOf(draft.recurrence ?? null, span);
  const seen: PreviewView = { occurrences: [], has_more: false };
  for (const name of recurrence ? names(recurrence, span.start, span.zone) : [span.start]) {
    seen.has_more = seen.occurrences.length === limit;
    if (seen.has_more) break;
    const { start, end, from, to } = begunAt(span, name);
    seen.occurrences.push({ recurrence_id: name, start, end, start_at: iso(from), end_at: iso(to), start_resolution: resolution(start, span.zone) });
  }
  return seen;
}

/** A session of a task: what is not said comes from the task. */
export function plan(world: World, task: Task, draft: NewSession, allow: boolean): Schedule {
  if (!isOpen(task)) throw new Refusal(409, "task.closed", "the task is completed or archived: reopen or unarchive it before work on it is planned");
  if (sessionsOf(world, task).length >= 200) throw new Refusal(409, "task.too_many", "a task has at most 200 sessions");
  const { title, description, category_id, tags, kind, duration, end, ...rest } = draft;
  const usual = end == null && !draft.all_day ? task.estimate : null;
  const made: NewSchedule = {
    ...rest,
    title: title ?? task.title,
    description: description ?? task.description,
    category_id: category_id === undefined ? task.category_id : category_id,
    tags: tags ?? task.tags,
    kind: kind ?? "task",
    duration: duration ?? usual,
    end: end ?? null,
  };
  const it = create(world, made, allow);
  it.task_id = task.id;
  return it;
}

/** Puts a new one into the calendar. */
export function add(world: World, it: Schedule, allow: boolean): Schedule {
  if (!isLeft(it)) throw new Refusal(422, "schedule.recurrence_never_occurs", "no date fits the rule, or every one is taken out");
  if (!allow) judge(world, it, undefined);
  world.state.schedules.set(it.id, it);
  newTags(world, it.tags);
  rearm(world, it);
  world.tell("schedule.changed", { schedule_id: it.id, version: it.version, change: "created" });
  return it;
}

/** The columns of a span. */
export function timesOf({ all_day, zone, start, end }: Span): Pick<Schedule, "all_day" | "zone" | "start" | "end"> {
  return { all_day, zone, start, end };
}

export function kindOf(kind: string): string {
  if (!/^[a-z0-9_-]{1,40}$/.test(kind)) throw invalid("schedule", { pointer: "/kind", detail: "use lower-case letters, digits, - and _, such as deep-work" });
  return kind;
}

export function recurrenceOf(draft: { rrule: string; rdates?: string[]; exdates?: string[] } | null, { all_day }: Span): Recurrence | null {
  if (!draft) return null;
  for (const date of [...(draft.rdates ?? []), ...(draft.exdates ?? [])]) {
    if (!(all_day ? /^\d{4}-\d\d-\d\d$/ : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/).test(date)) throw new Refusal(422, "schedule.rrule_out_of_range", "a date beside the rule is written as the start");
  }
  return { rrule: print(read(draft.rrule)), rdates: [...new Set(draft.rdates ?? [])].sort(), exdates: [...new Set(draft.exdates ?? [])].sort() };
}

/** Reminders as they are kept; one for the same time keeps its id. */
export function remindersOf(world: World, drafts: readonly ReminderDraft[], before: readonly ReminderView[]): ReminderView[] {
  if (drafts.length > 10) throw invalid("schedule", { pointer: "/reminders", detail: "at most 10 reminders" });
  return drafts.map(({ at, before: lead, relative_to, critical }, index) => {
    const seconds = lead == null ? undefined : secondsOf(lead);
    if ((at == null) === (seconds === undefined)) throw invalid("schedule", { pointer: `/reminders/${String(index)}`, detail: "give either before, or at" });
    const made = at == null ? { before: durationOf(seconds ?? 0), relative_to: relative_to ?? ("start" as const) } : { at: iso(Date.parse(at)) };
    const same = before.find((it) => isSame(it, made));
    return { id: same?.id ?? world.mint("rem"), ...made, critical: critical ?? false };
  });
}

export function isSame(one: Partial<ReminderView>, other: Partial<ReminderView>): boolean {
  return (one.at ?? null) === (other.at ?? null) && secondsOf(one.before ?? "") === secondsOf(other.before ?? "") && (one.relative_to ?? null) === (other.relative_to ?? null);
}

export function changed(world: World, it: Schedule, change: "updated" | "deleted" | "restored" = "updated"): void {
  it.version += 1;
  it.updated = world.now;
  world.tell("schedule.changed", { schedule_id: it.id, version: it.version, change });
}

export function isRunning(it: Schedule): boolean {
  return Object.values(it.progress).some(({ state }) => state === "IN_PROGRESS");
}

export function running(): Refusal {
  return new Refusal(409, "schedule.running", "the schedule is in progress: suspend, complete or cancel it before you delete or move it");
}

export function remove(world: World, it: Schedule): void {
  if (isRunning(it)) throw running();
  it.deleted = world.now;
  changed(world, it, "deleted");
  rearm(world, it, "schedule_deleted");
}

export function restore(world: World, it: Schedule, allow: boolean): Schedule {
  if (it.deleted === undefined) throw new Refusal(409, "schedule.not_deleted", "the schedule is not deleted");
  const back = { ...it, deleted: undefined };
  if (!allow) judge(world, back, undefined);
  it.deleted = undefined;
  delete it.left_with;
  changed(world, it, "restored");
  rearm(world, it);
  return it;
}

export interface Query {
  from?: string;
  to?: string;
  state?: string;
  category?: string;
  tag?: string;
  q?: string;
  progress?: string;
  limit?: string;
  cursor?: string;
}

const [FAR, WALKED] = [Date.UTC(2200, 0, 1), 400];

/** What overlaps the range and passes the filters, by start. */
export function list(world: World, query: Query): SchedulePage {
  const { time_zone } = world.state.user;
  if (query.state === "deleted") return trash(world, query);
  if (query.category !== undefined && !world.state.categories.some(({ id }) => id === query.category)) throw notFound("category");
  const from = query.from === undefined ? -Infinity : instantIn(time_zone, "/from", query.from);
  const to = query.to === undefined ? FAR : instantIn(time_zone, "/to", query.to);
  const isWhole = query.q !== undefined && query.from === undefined && query.to === undefined && query.progress === undefined;
  const found: Occurrence[] = [];
  for (const it of world.state.schedules.values()) {
    if (it.deleted !== undefined || (query.category !== undefined && !liesIn(world, it.category_id, query.category))) continue;
    if (query.tag !== undefined && !hasTag(it.tags, query.tag)) continue;
    for (const each of candidates(it, query.progress, to)) {
      if (!overlaps(each.span, from, to) || !passes(each, query)) continue;
      found.push(isWhole && it.recurrence ? { of: it, name: undefined, span: each.span } : each);
      if (isWhole) break;
    }
  }
  const place = (it: Occurrence): string => `${String(it.span.from + 1e15).padStart(17, "0")} ${it.of.id} ${it.name ?? ""}`;
  found.sort((one, other) => ascending(place(one), place(other)));
  const { items, next_cursor } = pageOf(found, query, place, ascending);
  return { items: items.map((it) => (isWhole && it.of.recurrence ? whole(it.of) : view(it))), next_cursor };
}

/** What of `it` may be listed: what is begun or done is looked up, and of what has no end only the first are walked through. */
function* candidates(it: Schedule, progress: string | undefined, to: number): Generator<Occurrence> {
  if (it.recurrence && progress !== undefined && progress !== "NOT_STARTED") {
    for (const name of Object.keys(it.progress)) if (isOne(it, name)) yield occurrence(it, name);
    return;
  }
  let walked = 0;
  for (const each of occurrences(it, to)) {
    yield each;
    if (to === FAR && ++walked >= WALKED) return;
  }
}

function passes(it: Occurrence, { q, progress }: Query): boolean {
  if (progress !== undefined && progressOf(it.of, it.name).state !== progress) return false;
  const { title, description, location } = said(it);
  return q === undefined || says(q, [title, description, location, ...it.of.tags]);
}

function trash(world: World, query: Query): SchedulePage {
  const deleted = [...world.state.schedules.values()].filter((it) => it.deleted !== undefined);
  const place = (it: Schedule): string => `${String(it.deleted ?? 0).padStart(15, "0")} ${it.id}`;
  const descending = (one: string, other: string): number => ascending(other, one);
  deleted.sort((one, other) => descending(place(one), place(other)));
  const { items, next_cursor } = pageOf(deleted, query, place, descending);
  return { items: items.map(whole), next_cursor };
}

export function sessionPage(world: World, task: Task, query: { limit?: string; cursor?: string }): { items: ScheduleView[]; next_cursor: string | null } {
  const place = (it: ScheduleView): string => `${it.start_at} ${it.id}`;
  const all = sessionsOf(world, task).map(whole).sort((one, other) => ascending(place(one), place(other)));
  return pageOf(all, query, place, ascending);
}

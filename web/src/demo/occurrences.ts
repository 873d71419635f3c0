// What a schedule is at one of its times: what happens once, or an occurrence of a series with what it has of its own.
import type { ScheduleView } from "../api/schema";
import { names } from "./recurrence";
import { Refusal, invalid } from "./refusal";
import { type Span, begunAt, instantOf, iso, resolution, spanBetween } from "./span";
import type { Own, Progress, Schedule } from "./world";

export interface Occurrence {
  of: Schedule;
  /** Its name within the series; undefined of what happens once. */
  name: string | undefined;
  span: Span;
}

const UNTOUCHED: Progress = { state: "NOT_STARTED", run: 0, since: undefined, worked: 0 };

/** Of the whole: what happens once, or the first occurrence as the series begins. */
export function spanOf({ all_day, zone, start, end }: Schedule): Span {
  return spanBetween(all_day, zone, start, end);
}

export function progressOf(it: Schedule, name: string | undefined): Progress {
  return it.progress[name ?? ""] ?? UNTOUCHED;
}

export function occurrence(of: Schedule, name: string | undefined): Occurrence {
  if (name === undefined) return { of, name, span: spanOf(of) };
  const { start, end, zone, all_day } = of.own[name] ?? {};
  if (start !== undefined && end !== undefined) return { of, name, span: spanBetween(all_day ?? of.all_day, zone ?? of.zone, start, end) };
  return { of, name, span: begunAt(spanOf(of), name) };
}

/** All that begins before `before`, by name; what was moved back from beyond comes last. */
export function* occurrences(of: Schedule, before: number): Generator<Occurrence> {
  if (!of.recurrence) {
    yield occurrence(of, undefined);
    return;
  }
  const moved = new Set(Object.keys(of.own).filter((name) => of.own[name]?.start !== undefined));
  let isBeyond = false;
  for (const name of names(of.recurrence, of.start, of.zone)) {
    // A name beyond the end is of interest only if that occurrence was moved.
    isBeyond ||= instantOf(name, of.zone) >= before;
    if (isBeyond && ![...moved].some((other) => other >= name)) return;
    if (!isBeyond || moved.has(name)) yield occurrence(of, name);
  }
}

/** The occurrence that is asked for: named of a series, and not of what happens once. */
export function named(of: Schedule, name: string | undefined): Occurrence {
  if (!of.recurrence) {
    if (name !== undefined) throw invalid("schedule", { pointer: "/recurrence_id", detail: "this schedule happens once: leave it out" });
    return occurrence(of, undefined);
  }
  if (name === undefined) throw invalid("schedule", { pointer: "/recurrence_id", detail: "this schedule repeats: say which occurrence is meant" });
  if (!isOne(of, name)) throw new Refusal(404, "schedule.not_an_occurrence", `the series has no occurrence at ${name}`);
  return occurrence(of, name);
}

export function isOne({ recurrence, start, zone }: Schedule, name: string): boolean {
  if (!recurrence) return false;
  for (const other of names(recurrence, start, zone)) if (other >= name) return other === name;
  return false;
}

/** Whether an occurrence is left. */
export function isLeft({ recurrence, start, zone }: Schedule): boolean {
  return !recurrence || names(recurrence, start, zone).next().done !== true;
}

/** What it says, with what the occurrence has of its own. */
export function said({ of, name }: Occurrence): Schedule & Own {
  return { ...of, ...(name === undefined ? {} : of.own[name]) };
}

export function view(it: Occurrence): ScheduleView {
  const { of, name, span } = it;
  const { title, description, location, kind, busy, reminders } = said(it);
  const { state, run, since, worked } = progressOf(of, name);
  return {
    id: of.id,
    title,
    description,
    location,
    kind,
    busy,
    category_id: of.category_id,
    tags: [...of.tags],
    all_day: span.all_day,
    time_zone: span.zone,
    start: span.start,
    end: span.end,
    start_at: iso(span.from),
    end_at: iso(span.to),
    start_resolution: resolution(span.start, span.zone),
    end_resolution: resolution(span.end, span.zone),
    recurrence: of.recurrence && { ...of.recurrence },
    recurrence_id: name ?? null,
    overridden: name !== undefined && of.own[name] !== undefined,
    late: of.late,
    reminders,
    progress: { state, run, since: since === undefined ? null : iso(since), worked_seconds: worked },
    task_id: of.task_id,
    version: of.version,
    created_at: iso(of.created),
    updated_at: iso(of.updated),
    deleted_at: of.deleted === undefined ? null : iso(of.deleted),
  };
}

/** A series as a whole shows its first occurrence's times, as the rule gives them. */
export function whole(of: Schedule): ScheduleView {
  return view(occurrence(of, undefined));
}

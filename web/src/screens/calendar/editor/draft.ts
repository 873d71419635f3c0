// A schedule on its way through the form: from what is there or what was drawn, to what the API takes.
import type { Late, NewSchedule, ReminderDraft, ReminderView, ScheduleChange, ScheduleView } from "../../../api/schema";
import { durationOf, secondsOf } from "../../../time/duration";
import { addDays } from "../../../time/zone";
import { type Times, changeOf, shifted } from "../moves";

export interface Draft {
  title: string;
  allDay: boolean;
  /** Of the first day. */
  date: string;
  time: string;
  /** Of the last day: whole days end on it, and not before the next. */
  endDate: string;
  endTime: string;
  zone: string;
  rule: string;
  /** Times beside those of the rule, and times of the rule that shall not be: walls, or dates for whole days. */
  rdates: string[];
  exdates: string[];
  location: string;
  description: string;
  kind: string;
  busy: boolean;
  category: string;
  tags: string[];
  reminders: ReminderDraft[];
  /** What becomes of reminders that are found late: later than so many seconds. */
  late: Late["policy"];
  grace: number;
}

/** As the server has it unless it is told otherwise. */
const USUALLY_LATE = { late: "coalesce", grace: 86_400 } as const;

/** Something new from when to when; dates are whole days, and an end of "" is an hour later. */
export function fresh({ start, end }: Times, zone: string, lead: string): Draft {
  const allDay = start.length === 10;
  const [from, to] = allDay ? [`${start}T09:00:00`, `${start}T10:00:00`] : [start, end || shifted(start, 3_600)];
  const lastDay = allDay && end > start ? addDays(end, -1) : start;
  return {
    title: "",
    allDay,
    date: from.slice(0, 10),
    time: from.slice(11, 16),
    endDate: allDay ? lastDay : to.slice(0, 10),
    endTime: to.slice(11, 16),
    zone,
    rule: "",
    rdates: [],
    exdates: [],
    location: "",
    description: "",
    kind: "event",
    busy: true,
    category: "",
    tags: [],
    reminders: [{ before: lead }],
    ...USUALLY_LATE,
  };
}

/** What is there, to be changed. */
export function draftOf(it: ScheduleView): Draft {
  const { start, end } = it;
  return {
    title: it.title,
    allDay: it.all_day,
    date: start.slice(0, 10),
    time: it.all_day ? "09:00" : start.slice(11, 16),
    endDate: it.all_day ? addDays(end, -1) : end.slice(0, 10),
    endTime: it.all_day ? "10:00" : end.slice(11, 16),
    zone: it.time_zone,
    rule: it.recurrence?.rrule ?? "",
    rdates: [...(it.recurrence?.rdates ?? [])],
    exdates: [...(it.recurrence?.exdates ?? [])],
    location: it.location,
    description: it.description,
    kind: it.kind,
    busy: it.busy,
    category: it.category_id ?? "",
    tags: [...it.tags],
    reminders: it.reminders.map(asked),
    late: it.late.policy,
    grace: secondsOf(it.late.grace ?? "") ?? USUALLY_LATE.grace,
  };
}

/** Whether it is what becomes of reminders that nobody said anything about. */
export function isUsuallyLate({ late, grace }: Draft): boolean {
  return late === USUALLY_LATE.late && grace === USUALLY_LATE.grace;
}

function asked({ before, relative_to, at, critical }: ReminderView): ReminderDraft {
  return at ? { at, critical } : { before: before ?? "PT0S", relative_to: relative_to ?? "start", critical };
}

/** From when to when it goes on the wall of its zone. */
export function timesOf(draft: Draft): Times {
  if (draft.allDay) return { start: draft.date, end: addDays(draft.endDate, 1) };
  return { start: `${draft.date}T${draft.time}:00`, end: `${draft.endDate}T${draft.endTime}:00` };
}

/** Begins on another day or at another time, and goes on for as long as before. */
export function begunAt(draft: Draft, date: string, time: string): Draft {
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || !/^\d\d:\d\d$/.test(time)) return { ...draft, date, time };
  const before = Date.parse(`${draft.date}T${draft.allDay ? "00:00" : draft.time}:00Z`);
  const end = Date.parse(`${draft.endDate}T${draft.allDay ? "00:00" : draft.endTime}:00Z`);
  const length = Number.isNaN(end - before) ? 3_600_000 : end - before;
  const until = new Date(Date.parse(`${date}T${draft.allDay ? "00:00" : time}:00Z`) + length).toISOString();
  return { ...draft, date, time, endDate: until.slice(0, 10), endTime: draft.allDay ? draft.endTime : until.slice(11, 16) };
}

export function newOf(draft: Draft): NewSchedule {
  const { title, zone, location, description, kind, busy, category, tags, reminders, rule, rdates, exdates, allDay } = draft;
  return {
    title,
    ...timesOf(draft),
    time_zone: zone,
    all_day: allDay,
    description,
    location,
    kind,
    busy,
    category_id: category || null,
    tags,
    reminders,
    ...(rule ? { recurrence: { rrule: rule, rdates, exdates } } : {}),
    ...(isUsuallyLate(draft) ? {} : { late: lateOf(draft) }),
  };
}

function lateOf({ late, grace }: Draft): Late {
  return { policy: late, grace: durationOf(grace) };
}

/** What belongs to the whole of a series, and not to one occurrence. */
export function isOfWhole({ recurrence, late, category_id, tags }: ScheduleChange): boolean {
  return recurrence !== undefined || late !== undefined || category_id !== undefined || tags !== undefined;
}

/**
 * What was changed between `before` and `after`. `times` says what becomes of the times where one occurrence was changed and the whole
 * series is meant.
 */
export function changesOf(before: Draft, after: Draft, times: (times: Times) => Times = (same) => same): ScheduleChange {
  const change: ScheduleChange = {};
  const differs = (name: keyof Draft): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  for (const name of ["title", "location", "description", "kind", "busy", "tags", "reminders"] as const) {
    if (differs(name)) Object.assign(change, { [name]: after[name] });
  }
  if (differs("category")) change.category_id = after.category || null;
  if (differs("zone")) change.time_zone = after.zone;
  const [was, is] = [timesOf(before), timesOf(after)];
  if (differs("allDay")) Object.assign(change, { all_day: after.allDay, ...times(is) });
  else if (was.start !== is.start && was.end !== is.end && isAsLong(was, is)) Object.assign(change, changeOf(times(was), times(is)));
  else if (was.start !== is.start || was.end !== is.end) Object.assign(change, times(is));
  if (differs("late") || differs("grace")) change.late = lateOf(after);
  if (differs("rule") || (after.rule && (differs("rdates") || differs("exdates")))) {
    change.recurrence = after.rule ? { rrule: after.rule, rdates: after.rdates, exdates: after.exdates } : null;
  }
  return change;
}

function isAsLong(one: Times, other: Times): boolean {
  const length = ({ start, end }: Times): number => Date.parse(end) - Date.parse(start);
  return length(one) === length(other);
}

// What the calendar shows: one occurrence of a schedule, its key, the days it is on, and its time in words.
import { account } from "../../account/account.svelte";
import type { ScheduleView } from "../../api/schema";
import { dateInWords, dayOf, timeOf } from "../../time/format";
import { addDays, dateOf } from "../../time/zone";
import { placeOf } from "./moves";
import { language } from "../../words/language.svelte";
import { calendar } from "./words";

/** When something is, by the clock on the wall and by the instant. */
export type Span = Pick<ScheduleView, "all_day" | "start" | "end" | "start_at" | "end_at">;

/** Of all occurrences of all schedules, this one. */
export function keyOf({ id, recurrence_id }: Pick<ScheduleView, "id" | "recurrence_id">): string {
  return recurrence_id ? `${id}@${recurrence_id}` : id;
}

/** The dates on which it is to be seen, within `from` and `to` (exclusive). */
export function datesOf(it: ScheduleView, from: string, to: string): string[] {
  const { start, end } = placeOf(it, account.zone);
  const first = start.slice(0, 10);
  // What ends at midnight is not there on the day that begins then.
  const last = it.all_day ? addDays(end, -1) : end > start ? dateOf(new Date(it.end_at).getTime() - 1, account.zone) : first;
  const dates: string[] = [];
  for (let date = first < from ? from : first; date <= last && date < to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** `09:30 – 10:00`, as far as it concerns `date`; `all day`. */
export function hoursOf(it: Span, date?: string): string {
  if (it.all_day) return calendar.allDayShort;
  const [first, last] = [dateOf(it.start_at, account.zone), dateOf(it.end_at, account.zone)];
  if (it.start_at === it.end_at) return timeOf(it.start_at);
  const from = date === undefined || date === first ? timeOf(it.start_at) : "…";
  const to = date === undefined || date === last ? timeOf(it.end_at) : "…";
  return calendar.until(from, to);
}

/** `Fri 20 Nov, 09:30 – 10:00`; `Fri 20 Nov – Sun 22 Nov`. */
export function whenOf(it: Span): string {
  if (it.all_day) {
    const last = addDays(it.end, -1);
    return last === it.start ? `${dateInWords(it.start)}, ${calendar.allDayShort}` : calendar.until(dateInWords(it.start), dateInWords(last));
  }
  const [first, last] = [dateOf(it.start_at, account.zone), dateOf(it.end_at, account.zone)];
  if (first === last) return `${dayOf(it.start_at)}, ${hoursOf(it)}`;
  return calendar.until(`${dayOf(it.start_at)}, ${timeOf(it.start_at)}`, `${dayOf(it.end_at)}, ${timeOf(it.end_at)}`);
}

/** `7 – 13 June 2027`. */
export function daysInWords(first: string, last: string): string {
  const format = new Intl.DateTimeFormat(language.tag, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return format.formatRange(Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T00:00:00Z`));
}

export function isDone({ progress }: ScheduleView): boolean {
  return progress.state === "COMPLETED";
}

export function isRunning({ progress }: ScheduleView): boolean {
  return progress.state === "IN_PROGRESS";
}

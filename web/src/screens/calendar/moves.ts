// What becomes of a schedule that is dragged or drawn longer, as the change that the API takes. It is dragged on the wall of the shown
// zone and keeps its own zone; of a series, all of it goes along by as many days, and to the same time of day.
import type { ScheduleChange, ScheduleView } from "../../api/schema";
import { addDays, daysBetween, instantOf, wallOf } from "../../time/zone";

/** From when to when something goes, by its own wall. */
export interface Times {
  start: string;
  end: string;
}

/** Where it lies on the wall of `zone`. Whole days are dates, and no zone moves them. */
export function placeOf(it: ScheduleView, zone: string): Times {
  return it.all_day ? { start: it.start, end: it.end } : { start: wallOf(it.start_at, zone), end: wallOf(it.end_at, zone) };
}

/** The wall time, or the date, so many seconds of the wall later. */
export function shifted(wall: string, seconds: number): string {
  const whole = wall.length === 10;
  const moved = new Date(Date.parse(`${whole ? `${wall}T00:00:00` : wall}Z`) + seconds * 1_000).toISOString();
  return moved.slice(0, whole ? 10 : 19);
}

/** The times of `it` after it was dragged by `seconds` on the wall of `zone`: its length stays, as elapsed time. */
export function dragged(it: ScheduleView, seconds: number, zone: string): Times {
  const { start } = placeOf(it, zone);
  if (it.all_day) return { start: shifted(it.start, seconds), end: shifted(it.end, seconds) };
  const instant = instantOf(shifted(start, seconds), zone);
  const length = Date.parse(it.end_at) - Date.parse(it.start_at);
  return { start: wallOf(instant, it.time_zone), end: wallOf(instant.getTime() + length, it.time_zone) };
}

/** The times of `it` after its end was drawn by `seconds`. */
export function drawn(it: ScheduleView, seconds: number, zone: string): Times {
  if (it.all_day) return { start: it.start, end: shifted(it.end, seconds) };
  return { start: it.start, end: wallOf(instantOf(shifted(placeOf(it, zone).end, seconds), zone), it.time_zone) };
}

/** The same change for the whole series, whose first occurrence is `first`: as many days on, at the same time of day. */
export function forAll(first: Times, before: Times, after: Times): Times {
  const start = after.start.length === 10 ? "" : after.start.slice(10);
  const end = after.end.length === 10 ? "" : after.end.slice(10);
  const day = addDays(first.start.slice(0, 10), daysBetween(before.start.slice(0, 10), after.start.slice(0, 10)));
  return { start: `${day}${start}`, end: `${addDays(day, daysBetween(after.start.slice(0, 10), after.end.slice(0, 10)))}${end}` };
}

/** What is sent: the start alone keeps the length. */
export function changeOf(before: Times, after: Times): ScheduleChange {
  return before.start === after.start ? { end: after.end } : { start: after.start };
}

/** How it will look, until the server has answered. */
export function shown(it: ScheduleView, times: Times): ScheduleView {
  if (it.all_day) return { ...it, ...times };
  const at = (wall: string): string => instantOf(wall, it.time_zone).toISOString();
  return { ...it, ...times, start_at: at(times.start), end_at: at(times.end) };
}

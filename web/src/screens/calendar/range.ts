// The views of the calendar, the days each of them shows, and the way from one to the next.
import { addDays, addMonths, weekOf } from "../../time/zone";

export const VIEWS = ["month", "week", "day", "list"] as const;
export type View = (typeof VIEWS)[number];

/** The days that `view` shows around `date`: from the first to the one behind the last. */
export function rangeOf(view: View, date: string, weekStart: string): { from: string; to: string } {
  if (view === "day") return { from: date, to: addDays(date, 1) };
  if (view === "month") {
    const first = `${date.slice(0, 7)}-01`;
    const last = addDays(addMonths(first, 1), -1);
    return { from: weekOf(first, weekStart), to: addDays(weekOf(last, weekStart), 7) };
  }
  const from = weekOf(date, weekStart);
  return { from, to: addDays(from, 7) };
}

/** The date to go to by one step of `view`. */
export function step(view: View, date: string, direction: 1 | -1): string {
  if (view === "month") return addMonths(date, direction);
  return addDays(date, direction * (view === "day" ? 1 : 7));
}

/** A date of the calendar as an address has it; undefined if it is none. */
export function dateIn(text: string | undefined): string | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const parsed = Date.parse(`${text}T00:00:00Z`);
  // The thirtieth of February is the second of March to some.
  return Number.isNaN(parsed) || new Date(parsed).toISOString().slice(0, 10) !== text ? undefined : text;
}

// Days, weeks and months, and going from one to the next.
import { language } from "../../words/language.svelte";
import { dateInWords, longDate, monthOf, weekdayName } from "../../time/format";
import { addDays, addMonths, weekOf, weekdayOf } from "../../time/zone";

export const PERIODS = ["day", "week", "month"] as const;
export type Period = (typeof PERIODS)[number];

/** The first day of the period that `date` lies in. */
export function beginOf(period: Period, date: string, weekStart: string): string {
  if (period === "day") return date;
  return period === "week" ? weekOf(date, weekStart) : `${date.slice(0, 7)}-01`;
}

/** The first day of the period so many before or after that of `date`. */
export function step(period: Period, date: string, by: number, weekStart: string): string {
  const begin = beginOf(period, date, weekStart);
  if (period === "month") return addMonths(begin, by);
  return addDays(begin, by * (period === "week" ? 7 : 1));
}

/** `Friday 20 November 2026`, `16–22 November 2026`, `November 2026`. */
export function nameOf(period: Period, from: string, to: string): string {
  if (period === "day") return longDate(from);
  if (period === "month") return monthOf(from);
  const format = new Intl.DateTimeFormat(language.tag, { dateStyle: "long", timeZone: "UTC" });
  return format.formatRange(Date.parse(`${from}T00:00:00Z`), Date.parse(`${addDays(to, -1)}T00:00:00Z`));
}

/** Whether `text` is a date there is. */
export function isDate(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}

/** What is written under a bar that is so many pixels from the next: the day of a month, the weekday and as much more as fits; undefined where nothing does. */
export function labelOf(period: Period, date: string, room: number): string | undefined {
  const day = Number(date.slice(8));
  if (period === "month") return room >= 22 || day % 5 === 1 ? String(day) : undefined;
  return room >= 80 ? dateInWords(date, date.slice(0, 4)) : weekdayName(weekdayOf(date));
}

/** Where the scale of hours ends and how far apart its lines are, so that the largest value fits and the steps are ones people count in. */
export function scaleOf(seconds: readonly number[]): { top: number; step: number } {
  const most = Math.max(3_600, ...seconds);
  const STEPS = [900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400];
  const step = STEPS.find((size) => most / size <= 5) ?? 86_400;
  return { top: Math.ceil(most / step) * step, step };
}

// How something repeats, as people choose it, and as the text of RFC 5545 that the API takes. Which times that gives is worked out by
// the server alone; here is only the form. A text that the form cannot show stays what it is.
import { addDays, weekdayOf } from "../../../time/zone";

export const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"] as const;
export type Day = (typeof DAYS)[number];
export const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
export type Frequency = (typeof FREQUENCIES)[number];
/** Monthly: on the date of the start, on its weekday of that week, on the last such weekday, on the last day. */
export type Monthly = "date" | "nth" | "last" | "lastDay";
export type End = { kind: "never" } | { kind: "until"; date: string } | { kind: "count"; times: number };

export interface Repeat {
  frequency: Frequency;
  interval: number;
  /** Weekly: on which days; none is that of the start. */
  days: Day[];
  monthly: Monthly;
  end: End;
}

export const WORKDAYS: readonly Day[] = ["MO", "TU", "WE", "TH", "FR"];

export function once(frequency: Frequency): Repeat {
  return { frequency, interval: 1, days: [], monthly: "date", end: { kind: "never" } };
}

export function dayOfDate(date: string): Day {
  return DAYS[weekdayOf(date)] ?? "MO";
}

/** Of the weekdays of its month, the how manieth `date` is. */
export function nthOf(date: string): number {
  return Math.ceil(Number(date.slice(8, 10)) / 7);
}

/** Whether `date` is the last of its weekday in its month. */
export function isLastOf(date: string): boolean {
  return addDays(date, 7).slice(0, 7) !== date.slice(0, 7);
}

/** The rule of something that begins on `date`. */
export function ruleOf({ frequency, interval, days, monthly, end }: Repeat, date: string): string {
  const parts = [`FREQ=${frequency}`];
  if (interval > 1) parts.push(`INTERVAL=${String(interval)}`);
  if (end.kind === "count") parts.push(`COUNT=${String(end.times)}`);
  if (end.kind === "until") parts.push(`UNTIL=${end.date.replaceAll("-", "")}`);
  if (frequency === "WEEKLY" && days.length > 0) parts.push(`BYDAY=${DAYS.filter((day) => days.includes(day)).join(",")}`);
  if (frequency === "MONTHLY" && monthly === "nth") parts.push(`BYDAY=${String(nthOf(date))}${dayOfDate(date)}`);
  if (frequency === "MONTHLY" && monthly === "last") parts.push(`BYDAY=-1${dayOfDate(date)}`);
  if (frequency === "MONTHLY" && monthly === "lastDay") parts.push("BYMONTHDAY=-1");
  return parts.join(";");
}

/** What the form shows of `rule` for something that begins on `date`; undefined if there is more in it than the form can say. */
export function repeatOf(rule: string, date: string): Repeat | undefined {
  const parts = new Map<string, string>();
  for (const part of rule.replace(/^RRULE:/i, "").toUpperCase().split(";")) {
    const [name = "", value = ""] = part.split("=");
    parts.set(name, value);
  }
  const take = (name: string): string | undefined => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const frequency = FREQUENCIES.find((it) => it === parts.get("FREQ"));
  take("FREQ");
  const interval = Number(take("INTERVAL") ?? 1);
  const [count, until] = [take("COUNT"), take("UNTIL")];
  const [byDay, byMonthDay] = [take("BYDAY"), take("BYMONTHDAY")];
  if (!frequency || parts.size > 0 || !Number.isInteger(interval)) return undefined;
  const repeat = { ...once(frequency), interval };
  if (count !== undefined) repeat.end = { kind: "count", times: Number(count) };
  if (until !== undefined) {
    const found = /^(\d{4})(\d\d)(\d\d)$/.exec(until);
    if (!found) return undefined;
    repeat.end = { kind: "until", date: found.slice(1).join("-") };
  }
  if (byDay === undefined && byMonthDay === undefined) return repeat;
  if (frequency === "WEEKLY" && byDay !== undefined && byMonthDay === undefined) {
    const named = byDay.split(",");
    const days = DAYS.filter((day) => named.includes(day));
    return days.length === named.length ? { ...repeat, days } : undefined;
  }
  if (frequency !== "MONTHLY" || (byDay !== undefined && byMonthDay !== undefined)) return undefined;
  const ways: Monthly[] = ["nth", "last", "lastDay"];
  const monthly = ways.find((monthly) => ruleOf({ ...once("MONTHLY"), monthly }, date) === `FREQ=MONTHLY;${byDay === undefined ? `BYMONTHDAY=${byMonthDay ?? ""}` : `BYDAY=${byDay}`}`);
  // On the date it begins on, said aloud.
  if (!monthly) return byMonthDay !== undefined && Number(byMonthDay) === Number(date.slice(8, 10)) ? repeat : undefined;
  return { ...repeat, monthly };
}

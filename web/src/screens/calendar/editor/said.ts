// A rule in words: `Every 2 weeks on Mon, Fri, 10 times`.
import { dateInWords, weekdayName } from "../../../time/format";
import { DAYS, type Repeat, WORKDAYS, dayOfDate, nthOf, repeatOf } from "./repeat";
import { editor } from "./words";

const PLAIN = { DAILY: "daily", WEEKLY: "weekly", MONTHLY: "monthly", YEARLY: "yearly" } as const;
const EVERY = { DAILY: "everyDays", WEEKLY: "everyWeeks", MONTHLY: "everyMonths", YEARLY: "everyYears" } as const;

/** What `rule` of something that begins on `date` says; the rule itself where it says more than there are words for. */
export function ruleInWords(rule: string, date: string): string {
  const repeat = repeatOf(rule, date);
  if (!repeat) return rule;
  const { frequency, interval, end } = repeat;
  const often = interval === 1 ? editor[PLAIN[frequency]] : editor.everyMany(String(interval), editor[EVERY[frequency]](interval));
  const until = end.kind === "until" ? editor.saidUntil(dateInWords(end.date)) : end.kind === "count" ? editor.saidCount(end.times) : "";
  return [often, onInWords(repeat, date), until].filter(Boolean).join(", ");
}

function onInWords({ frequency, days, monthly }: Repeat, date: string): string {
  if (frequency === "WEEKLY" && days.length > 0) {
    if (days.length === 5 && WORKDAYS.every((day) => days.includes(day))) return editor.saidWorkdays;
    return days.map((day) => weekdayName(DAYS.indexOf(day))).join(" ");
  }
  return frequency === "MONTHLY" ? monthlyInWords(monthly, date) : "";
}

/** On which day of a month, as one that begins on `date` has it. */
export function monthlyInWords(monthly: Repeat["monthly"], date: string): string {
  const weekday = weekdayName(DAYS.indexOf(dayOfDate(date)), "long");
  if (monthly === "nth") return editor.onNth(nthOf(date), weekday);
  if (monthly === "last") return editor.onLast(weekday);
  return monthly === "lastDay" ? editor.onLastDay : editor.onDate(Number(date.slice(8, 10)));
}

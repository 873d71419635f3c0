// Instants and dates for people: in the zone of the profile, which is shown at all times, and in the language that is shown. A date
// without a time is never moved by a zone.
import { account } from "../account/account.svelte";
import { language } from "../words/language.svelte";
import { type Instant, dateOf, daysBetween, instantOf, millis, offsetOf } from "./zone";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language.tag} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(language.tag, options)));
  return made;
}

/** `09:30`, in the shown zone unless another one is named. */
export function timeOf(instant: Instant, zone: string = account.zone): string {
  return format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(millis(instant));
}

/** `09:30:05`, for what happens within seconds. */
export function preciseTimeOf(instant: Instant, zone: string = account.zone): string {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone }).format(millis(instant));
}

/** `Fri 20 Nov`, `11월 20일 (금)`; with the year where it is another than `now`'s. */
export function dayOf(instant: Instant, zone: string = account.zone): string {
  return dateInWords(dateOf(instant, zone), dateOf(Date.now(), zone).slice(0, 4));
}

/** The same for a date of its own. */
export function dateInWords(date: string, year: string = dateOf(Date.now(), account.zone).slice(0, 4)): string {
  const other = date.slice(0, 4) === year ? {} : ({ year: "numeric" } as const);
  return format({ weekday: "short", day: "numeric", month: "short", ...other, timeZone: "UTC" }).format(Date.parse(`${date}T00:00:00Z`));
}

/** `Friday 20 November 2026`, `2026년 11월 20일 금요일`. */
export function longDate(date: string): string {
  return format({ dateStyle: "full", timeZone: "UTC" }).format(Date.parse(`${date}T00:00:00Z`));
}

/** `November 2026`, `2026년 11월`. */
export function monthOf(date: string): string {
  return format({ year: "numeric", month: "long", timeZone: "UTC" }).format(Date.parse(`${date.slice(0, 7)}-01T00:00:00Z`));
}

/** `Mon`, `월`: 0 is Sunday. */
export function weekdayName(weekday: number, width: "short" | "long" | "narrow" = "short"): string {
  return format({ weekday: width, timeZone: "UTC" }).format(Date.UTC(2023, 0, 1 + weekday));
}

/** `Fri 20 Nov, 09:30`. */
export function dayAndTime(instant: Instant, zone: string = account.zone): string {
  return `${dayOf(instant, zone)}, ${timeOf(instant, zone)}`;
}

/** `today, 09:30`, `내일 09:30`, and the day by its name where it is another one. */
export function nearDayAndTime(instant: Instant, now: number, zone: string = account.zone): string {
  const days = daysBetween(dateOf(now, zone), dateOf(instant, zone));
  const day = Math.abs(days) <= 1 ? new Intl.RelativeTimeFormat(language.tag, { numeric: "auto" }).format(days, "day") : dayOf(instant, zone);
  return language.current === "ko" ? `${day} ${timeOf(instant, zone)}` : `${day}, ${timeOf(instant, zone)}`;
}

/** `in 5 minutes`, `3일 전`: rounded, by the largest unit that fits. */
export function relative(instant: Instant, now: number): string {
  const seconds = (millis(instant) - now) / 1_000;
  const units: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (["second", 1] as const);
  const words = new Intl.RelativeTimeFormat(language.tag, { numeric: "auto" });
  return unit === "second" ? words.format(0, "second") : words.format(Math.trunc(seconds / size), unit);
}

/** `UTC+9`, `UTC−3:30`. */
export function offsetInWords(zone: string, instant: Instant): string {
  const minutes = offsetOf(instant, zone);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${String(hours)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/**
 * A zone by its name. Those that are called after their offset have it with the sign of sailors (`Etc/GMT+4` is four hours *behind* UTC): they
 * are their offset alone.
 */
export function zoneInWords(zone: string, instant: Instant): string {
  return zone.startsWith("Etc/") ? offsetInWords(zone, instant) : zone;
}

/** The instants at which `date` begins and ends in the shown zone. */
export function bounds(from: string, to: string, zone: string = account.zone): { from: string; to: string } {
  return { from: instantOf(from, zone).toISOString(), to: instantOf(to, zone).toISOString() };
}

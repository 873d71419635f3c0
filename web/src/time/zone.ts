// Wall time and instants, in any IANA zone, by what the browser knows of zones. Wall times and dates are the strings of the API
// (`2026-11-20T09:30:00`, `2026-11-20`); instants are milliseconds since 1970 or anything a `Date` can be made of.

export type Instant = Date | string | number;

export function millis(instant: Instant): number {
  return typeof instant === "number" ? instant : new Date(instant).getTime();
}

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

/** The wall time in `zone` at `instant`, to the second: `2026-11-20T09:30:00`. */
export function wallOf(instant: Instant, zone: string): string {
  const read: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of parts(zone).formatToParts(millis(instant))) read[type] = value;
  const { year = "", month = "", day = "", hour = "", minute = "", second = "" } = read;
  return `${year.padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}`;
}

/** The date in `zone` at `instant`: `2026-11-20`. */
export function dateOf(instant: Instant, zone: string): string {
  return wallOf(instant, zone).slice(0, 10);
}

/** Minutes east of UTC in `zone` at `instant`. */
export function offsetOf(instant: Instant, zone: string): number {
  const at = millis(instant);
  return Math.round((asUtc(wallOf(at, zone)) - Math.floor(at / 1_000) * 1_000) / 60_000);
}

function asUtc(wall: string): number {
  return Date.parse(`${wall.length === 10 ? `${wall}T00:00:00` : wall}Z`);
}

/**
 * The instant of a wall time (or of the beginning of a date) in `zone`, as the server decides it: a time that is skipped moves on by
 * the gap, one that comes twice is the first.
 */
export function instantOf(wall: string, zone: string): Date {
  const utc = asUtc(wall);
  const day = 86_400_000;
  // The offsets before and after any change nearby; of two instants that fit, the earlier.
  const [before, after] = [offsetOf(utc - day, zone), offsetOf(utc + day, zone)];
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    const instant = utc - offset * 60_000;
    if (asUtc(wallOf(instant, zone)) === utc) return new Date(instant);
  }
  return new Date(utc - before * 60_000);
}

/** The date `days` after `date`. */
export function addDays(date: string, days: number): string {
  return new Date(asUtc(date) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The same day `months` later, or the last of that month. */
export function addMonths(date: string, months: number): string {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return addDays(first.toISOString().slice(0, 10), Math.min(day, last) - 1);
}

/** How many days `to` is after `from`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((asUtc(to) - asUtc(from)) / 86_400_000);
}

/** 0 for Sunday to 6 for Saturday. */
export function weekdayOf(date: string): number {
  return new Date(asUtc(date)).getUTCDay();
}

export const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** The first day of the week of `date`, in weeks that begin on `weekStart` (`monday` …). */
export function weekOf(date: string, weekStart: string): string {
  const first = Math.max(0, WEEKDAYS.indexOf(weekStart as (typeof WEEKDAYS)[number]));
  return addDays(date, -((weekdayOf(date) - first + 7) % 7));
}

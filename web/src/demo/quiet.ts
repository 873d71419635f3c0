// Quiet hours: what is due in them waits for their end.
import type { UserView } from "../api/schema";
import { WEEKDAYS, addDays, dateOf, instantOf, weekdayOf } from "../time/zone";

/** Until when it is quiet at `at`; undefined if it is not. */
export function quietUntil({ quiet_hours, time_zone }: Pick<UserView, "quiet_hours" | "time_zone">, at: number): number | undefined {
  if (!quiet_hours) return undefined;
  const { start, end, days } = quiet_hours;
  const today = dateOf(at, time_zone);
  for (const day of [addDays(today, -1), today]) {
    const weekday = WEEKDAYS[weekdayOf(day)] ?? "monday";
    if (days && !days.includes(weekday)) continue;
    const from = instantOf(`${day}T${start}:00`, time_zone).getTime();
    const to = instantOf(`${end > start ? day : addDays(day, 1)}T${end}:00`, time_zone).getTime();
    if (from <= at && at < to) return to;
  }
  return undefined;
}

export function spokenQuiet({ time_zone }: Pick<UserView, "time_zone">, until: number): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: time_zone }).format(until);
  return `not told: quiet hours until ${time}`;
}

// A month has room for a few lines a day. Which schedules get one, and how many more each day has: so that a full month costs what is
// seen of it, and not what is in it.
import type { ScheduleView } from "../../api/schema";
import { daysBetween, instantOf } from "../../time/zone";

export interface Crowd {
  shown: ScheduleView[];
  /** By date, how many have no line. */
  more: ReadonlyMap<string, number>;
}

/** What is shown of `items` on `days`, one behind the other, in the zone `zone`, with so many lines on each. */
export function crowded(items: readonly ScheduleView[], days: readonly string[], zone: string, lines: number): Crowd {
  const first = days[0] ?? "";
  // When each day begins: found once a day, and not once a schedule.
  const begins = days.map((day) => instantOf(day, zone).getTime());
  const dayAt = (instant: number): number => begins.findLastIndex((begin) => begin <= instant);
  const placed = items.map((it) => {
    if (it.all_day) {
      const [from, to] = [Math.max(0, daysBetween(first, it.start)), Math.min(days.length, daysBetween(first, it.end)) - 1];
      return { it, from, to, at: begins[from] ?? 0 };
    }
    const [start, end] = [Date.parse(it.start_at), Date.parse(it.end_at)];
    return { it, from: Math.max(0, dayAt(start)), to: dayAt(Math.max(start, end - 1)), at: start };
  });
  // As they lie on the board: by their start, whole days above.
  placed.sort((a, b) => a.at - b.at || Number(b.it.all_day) - Number(a.it.all_day));
  const taken = days.map(() => new Set<number>());
  const more = new Map<string, number>();
  const shown: ScheduleView[] = [];
  for (const { it, from, to } of placed) {
    const over = taken.slice(from, to + 1);
    let line = 0;
    while (line < lines && over.some((of) => of.has(line))) line++;
    if (line < lines) {
      for (const of of over) of.add(line);
      shown.push(it);
    } else {
      for (const day of days.slice(from, to + 1)) more.set(day, (more.get(day) ?? 0) + 1);
    }
  }
  return { shown, more };
}

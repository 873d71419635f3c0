// A day as it goes by: what is planned, what is free between, and where in it one is.
import type { ScheduleView } from "../../api/schema";

/** A gap, in milliseconds since 1970. */
export interface Gap {
  start: number;
  end: number;
}

export type Part = { kind: "schedule"; it: ScheduleView } | ({ kind: "gap" } & Gap) | { kind: "now" };

/** Less is no room for work. */
export const ROOM = 15 * 60_000;
/** Sessions begin on the wall's five minutes. */
const STEP = 5 * 60_000;

/** What is left of the free times from `now` on, each from the next five minutes. */
export function gapsOf(free: readonly { start: string; end: string }[], now: number): Gap[] {
  const soon = Math.ceil(now / STEP) * STEP;
  return free
    .map(({ start, end }) => ({ start: Math.max(Date.parse(start), soon), end: Date.parse(end) }))
    .filter(({ start, end }) => end - start >= ROOM);
}

/** The day from its morning on, by time, with the present between what is before and what is after it. */
export function partsOf(items: readonly ScheduleView[], gaps: readonly Gap[], now: number): Part[] {
  const timed = items.filter(({ all_day }) => !all_day);
  const parts: (Part & { at: number })[] = [
    ...timed.map((it) => ({ kind: "schedule" as const, it, at: Date.parse(it.start_at) })),
    ...gaps.map((gap) => ({ kind: "gap" as const, ...gap, at: gap.start })),
  ];
  parts.sort((a, b) => a.at - b.at);
  const after = parts.findIndex(({ at }) => at > now);
  parts.splice(after < 0 ? parts.length : after, 0, { kind: "now", at: now });
  return parts;
}

/** What goes on at `now`: what began last, of what is not done. */
export function presentOf(items: readonly ScheduleView[], now: number): ScheduleView | undefined {
  const on = items.filter((it) => !it.all_day && Date.parse(it.start_at) <= now && now < Date.parse(it.end_at) && it.progress.state !== "COMPLETED");
  return on.findLast(({ progress }) => progress.state === "IN_PROGRESS") ?? on.at(-1);
}

/** What comes next. */
export function nextOf(items: readonly ScheduleView[], now: number): ScheduleView | undefined {
  return items.find((it) => !it.all_day && Date.parse(it.start_at) > now && it.progress.state !== "COMPLETED");
}

/** How long a session in `gap` is, in seconds: what is estimated, an hour if nothing is, and no longer than the gap. */
export function fits(gap: Gap, estimated: number | undefined): number {
  const LONGEST = 5_400;
  return Math.floor(Math.min(estimated ? Math.min(estimated, LONGEST) : 3_600, (gap.end - gap.start) / 1_000));
}

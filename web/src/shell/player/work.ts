// What is worked on: a schedule, one occurrence of a series, or a session of a task, and what the clock beside it shows.
import type { ScheduleView } from "../../api/schema";
import { millis } from "../../time/zone";

/** A schedule that happens once, or one occurrence of a series. */
export interface Item {
  id: string;
  recurrence_id?: string | null | undefined;
}

/** What was laid aside longer ago is not offered at the foot of every screen any more; it stays in the calendar as it is. */
const LAID_ASIDE_MS = 12 * 3_600_000;

export function sameItem(one: Item, other: Item): boolean {
  return one.id === other.id && (one.recurrence_id ?? null) === (other.recurrence_id ?? null);
}

/** Seconds worked in this run up to `now`: its finished stretches, and the one that goes on. */
export function workedOf({ progress }: Pick<ScheduleView, "progress">, now: number): number {
  const { state, since, worked_seconds } = progress;
  if (state !== "IN_PROGRESS" || !since) return worked_seconds;
  return worked_seconds + Math.max(0, Math.floor((now - millis(since)) / 1_000));
}

/** How much of the time that was planned for it is worked, up to 1; undefined where whole days are planned. */
export function shareOf(item: Pick<ScheduleView, "progress" | "start_at" | "end_at" | "all_day">, now: number): number | undefined {
  const planned = (millis(item.end_at) - millis(item.start_at)) / 1_000;
  if (item.all_day || planned <= 0) return undefined;
  return Math.min(1, workedOf(item, now) / planned);
}

/** What the player shows: what is in progress, or what was laid aside last, if that was not long ago. */
export function shownOf(running: readonly ScheduleView[], laidAside: readonly ScheduleView[], now: number): ScheduleView | undefined {
  if (running[0]) return running[0];
  const since = (item: ScheduleView): number => (item.progress.since ? millis(item.progress.since) : 0);
  const [last] = [...laidAside].sort((one, other) => since(other) - since(one));
  return last && now - since(last) < LAID_ASIDE_MS ? last : undefined;
}

/** Which session of a task "begin" begins: the one laid aside, else the one whose time it is, else the next of these hours. */
export function sessionToBegin(sessions: readonly ScheduleView[], now: number): ScheduleView | undefined {
  const aside = sessions.find(({ progress }) => progress.state === "SUSPENDED" || progress.state === "IN_PROGRESS");
  if (aside) return aside;
  const SOON = 3_600_000;
  return sessions.find(({ progress, start_at, end_at }) => progress.state === "NOT_STARTED" && millis(start_at) - SOON <= now && now < millis(end_at));
}

/**
 * Whether taking back what `after` is now gives back what `before` was: only where it was ticked off without having been begun.
 * Taking back voids what was worked, and begins with nothing.
 */
export function isOnlyTicked(before: Pick<ScheduleView, "progress">, after: Pick<ScheduleView, "progress">): boolean {
  return before.progress.state === "NOT_STARTED" && after.progress.state === "COMPLETED" && after.progress.worked_seconds === 0;
}

// How near a deadline is, for the colour of its label.
import type { TaskView } from "../../api/schema";
import { dateInWords, timeOf } from "../../time/format";
import { dateOf, daysBetween } from "../../time/zone";
import { tasks } from "./words";

export type Nearness = "past" | "today" | "soon" | "later";

type Due = Pick<TaskView, "deadline" | "deadline_at" | "time_zone" | "overdue" | "state">;

/** Days from today to the day of the deadline: of a date that date, of a time the day it lies on in the shown zone. */
export function daysLeft({ deadline, deadline_at }: Due, now: number, zone: string): number | undefined {
  if (!deadline || !deadline_at) return undefined;
  return daysBetween(dateOf(now, zone), deadline.length === 10 ? deadline : dateOf(deadline_at, zone));
}

export function nearness(task: Due, now: number, zone: string): Nearness {
  const days = daysLeft(task, now, zone);
  if (task.state === "OPEN" && task.deadline_at && Date.parse(task.deadline_at) <= now) return "past";
  if (days === undefined || days > 3) return "later";
  return days <= 0 ? "today" : "soon";
}

/** `today`, `tomorrow, 18:00`, `Fri 27 Nov`; a date of another zone is said with its zone. */
export function dueInWords(task: Due, now: number, zone: string): string {
  const { deadline, deadline_at } = task;
  if (!deadline || !deadline_at) return tasks.noDeadline;
  const isDate = deadline.length === 10;
  const date = isDate ? deadline : dateOf(deadline_at, zone);
  const days = daysLeft(task, now, zone);
  const day = days === 0 ? tasks.today : days === 1 ? tasks.tomorrow : days === -1 ? tasks.yesterday : dateInWords(date);
  const elsewhere = isDate && task.time_zone && task.time_zone !== zone ? ` (${task.time_zone})` : "";
  return isDate ? `${day}${elsewhere}` : `${day}, ${timeOf(deadline_at, zone)}`;
}

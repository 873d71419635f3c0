// What the `data` of a notification says, as far as it is a reminder's (docs/streams.md).
import type { NotificationView } from "../../api/schema";
import { dateOf } from "../../time/zone";

export interface Rung {
  reminder: string;
  /** When it was due, where that was well before it rang: in quiet hours, while nothing was running, or before it was made. */
  due: string | undefined;
}

/** Less is not worth a word. */
const LATE_MS = 60_000;

/** The alarm that rang, if it was one. */
export function rungOf({ data }: NotificationView): Rung | undefined {
  const { reminder_id: reminder, late_by_ms: late, due_at: due } = data as Record<string, unknown>;
  if (typeof reminder !== "string") return undefined;
  return { reminder, due: typeof due === "string" && typeof late === "number" && late >= LATE_MS ? due : undefined };
}

/**
 * The line below the title in two parts: the instant that it is about, where it begins with one, and the rest. The server writes that
 * instant as a date with its zone, for mails and logs; a screen can say "today".
 */
export function aboutOf({ type, body, data }: NotificationView): { start: string | undefined; rest: string } {
  const { start_at: start } = data as Record<string, unknown>;
  const [when = "", ...rest] = body.split(" · ");
  const isTimed = /\d{4}-\d\d-\d\d.*\d\d:\d\d/.test(when);
  if (type !== "reminder" || typeof start !== "string" || !isTimed) return { start: undefined, rest: body };
  return { start, rest: rest.join(" · ") };
}

/** What a notification is about, and the address that shows it. */
export function subjectOf({ data }: NotificationView, zone: string): { address: string; schedule?: string; occurrence?: string } | undefined {
  const { schedule_id: schedule, task_id: task, start_at: start, occurrence, room_id: room } = data as Record<string, unknown>;
  if (typeof room === "string") return { address: `/rooms/${room}` };
  if (typeof schedule === "string" && typeof start === "string" && typeof occurrence === "string") {
    return { address: `/calendar/week/${dateOf(start, zone)}?schedule=${schedule}`, schedule, occurrence };
  }
  return typeof task === "string" ? { address: `/tasks/${task}` } : undefined;
}

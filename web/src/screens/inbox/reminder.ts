// What the `data` of a notification says, as far as it is a reminder's (docs/streams.md).
import type { NotificationView } from "../../api/schema";

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

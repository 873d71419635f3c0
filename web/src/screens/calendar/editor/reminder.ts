import type { ReminderDraft } from "../../../api/schema";
import { lengthInWords, secondsOf } from "../../../time/duration";
import { dayAndTime } from "../../../time/format";
import { editor } from "./words";

/** `30 minutes before`, `at the start`, `at Fri 20 Nov, 09:00`. */
export function reminderInWords({ before, relative_to, at }: Pick<ReminderDraft, "at" | "before" | "relative_to">): string {
  if (at) return editor.at(dayAndTime(at));
  const seconds = secondsOf(before ?? "PT0S") ?? 0;
  if (relative_to === "end") return seconds === 0 ? editor.atEnd : editor.beforeEnd(lengthInWords(seconds));
  return seconds === 0 ? editor.atStart : editor.before(lengthInWords(seconds));
}

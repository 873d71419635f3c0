// What a notification says: the words of the server's `crates/domain/src/notify/wording.rs`.
import type { Span } from "./span";
import type { Task } from "./world";

export function reminderBody(locale: string, { all_day, start, zone }: Pick<Span, "all_day" | "start" | "zone">, location: string): string {
  const [date, time] = [start.slice(0, 10), start.slice(11, 16)];
  const isKorean = locale === "ko";
  const when = all_day ? `${date}${isKorean ? " 종일" : ", all day"}` : isKorean ? `${date} ${time} 시작 (${zone})` : `Starts ${date} at ${time} (${zone})`;
  return location ? `${when} · ${location}` : when;
}

export function deadlineWords(locale: string, { title, deadline, zone }: Pick<Task, "title" | "deadline" | "zone">, isOverdue: boolean): { title: string; body: string } {
  const isKorean = locale === "ko";
  const [date = "", time] = (deadline ?? "").split("T");
  const when = time === undefined ? date : `${date} ${isKorean ? "" : "at "}${time.slice(0, 5)} (${zone ?? ""})`;
  if (isKorean) return isOverdue ? { title: `기한 지남: ${title}`, body: `${when} 마감, 아직 완료되지 않았습니다` } : { title: `마감 임박: ${title}`, body: `${when}까지` };
  return isOverdue ? { title: `Overdue: ${title}`, body: `Was due ${when} and is still open` } : { title: `Due soon: ${title}`, body: `Due ${when}` };
}

// From when to when, as docs/time.md says: walls and zones are the truth, instants follow from them.
import { secondsOf } from "../time/duration";
import { addDays, daysBetween, instantOf as instantOfWall, offsetOf, wallOf as wallOfInstant } from "../time/zone";
import { invalid } from "./refusal";

const DAY = 86_400_000;
const LONGEST = 366 * DAY;
const AHEAD = 10 * LONGEST;

export interface Span {
  all_day: boolean;
  zone: string;
  /** Wall times, or dates of whole days. */
  start: string;
  end: string;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
}

export interface SpanDraft {
  all_day: boolean;
  zone: string;
  start: string;
  end?: string | null | undefined;
  duration?: string | null | undefined;
}

// A series is worked out again with each request, and browsers take their time to look a zone up: what was looked up is kept for a while.
const KEPT = 20_000;
const instants = new Map<string, number>();
const walls = new Map<string, string>();

function kept<T>(all: Map<string, T>, key: string, look: () => T): T {
  const known = all.get(key);
  if (known !== undefined) return known;
  if (all.size >= KEPT) all.clear();
  const found = look();
  all.set(key, found);
  return found;
}

/** As in src/time/zone.ts, in milliseconds. */
export function instantOf(wall: string, zone: string): number {
  return kept(instants, `${wall} ${zone}`, () => instantOfWall(wall, zone).getTime());
}

function wallOf(at: number, zone: string): string {
  return kept(walls, `${String(at)} ${zone}`, () => wallOfInstant(at, zone));
}

/** An instant as the server writes it: `2026-11-20T00:30:00Z`. */
export function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

export function spanBetween(all_day: boolean, zone: string, start: string, end: string): Span {
  return { all_day, zone, start, end, from: instantOf(start, zone), to: instantOf(end, zone) };
}

/** The same length, begun at another wall time or date: elapsed time, or whole days. */
export function begunAt({ all_day, zone, start, end, from, to }: Span, begin: string): Span {
  if (all_day) return spanBetween(true, zone, begin, addDays(begin, daysBetween(start, end)));
  return lasting(zone, begin, to - from);
}

function lasting(zone: string, start: string, length: number): Span {
  const from = instantOf(start, zone);
  return { all_day: false, zone, start, end: wallOf(from + length, zone), from, to: from + length };
}

/** What is asked for, or the fields that are wrong with it. */
export function resolve(draft: SpanDraft, now: number): Span {
  const { all_day, zone, end, duration } = draft;
  if (end && duration) throw invalid("schedule", { pointer: "/duration", detail: "give either end or duration, not both" });
  if (!isZone(zone)) throw invalid("schedule", { pointer: "/time_zone", detail: "not an IANA time zone" });
  const start = moment("/start", draft.start, all_day, zone);
  const seconds = duration ? secondsOf(duration) : undefined;
  if (duration && seconds === undefined) throw invalid("schedule", { pointer: "/duration", detail: "not an ISO 8601 duration" });
  const span = seconds !== undefined && !all_day ? lasting(zone, start, Math.min(seconds * 1_000, LONGEST + DAY)) : spanBetween(all_day, zone, start, endOf(draft, start, seconds));
  if (span.to < span.from || (all_day && span.to === span.from)) throw invalid("schedule", { pointer: "/end", detail: "must not lie before the start" });
  if (span.to - span.from > LONGEST) throw invalid("schedule", { pointer: "/end", detail: "a schedule lasts at most 366 days" });
  if (span.from > now + AHEAD) throw invalid("schedule", { pointer: "/start", detail: "at most ten years ahead" });
  return span;
}

function endOf({ all_day, zone, end }: SpanDraft, start: string, seconds: number | undefined): string {
  if (end) return moment("/end", end, all_day, zone);
  if (!all_day) return start;
  if (seconds !== undefined && seconds % 86_400 !== 0) throw invalid("schedule", { pointer: "/duration", detail: "whole days last whole days: write P1D, P2D …" });
  return addDays(start, seconds === undefined ? 1 : seconds / 86_400);
}

/** A wall time or an instant, or a date of whole days, as a wall of `zone`. */
function moment(pointer: string, text: string, all_day: boolean, zone: string): string {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isWall = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = Date.parse(isDate || isInstant ? text : `${text}Z`);
  if (!(isDate || isWall || isInstant) || Number.isNaN(at)) {
    throw invalid("schedule", { pointer, detail: "write 2026-11-20T09:30:00, 2026-11-20T00:30:00Z or, for whole days, 2026-11-20, between 1970 and 2200" });
  }
  if (all_day !== isDate) {
    throw invalid("schedule", { pointer, detail: all_day ? "whole days take dates: write 2026-11-20" : "a date needs all_day: true; otherwise write 2026-11-20T09:30:00" });
  }
  if (isDate) return text;
  return isInstant ? wallOf(at, zone) : text.length === 16 ? `${text}:00` : text;
}

/** An instant of a query: an instant, or a date or wall time in the zone of whoever asks. */
export function instantIn(zone: string, pointer: string, text: string): number {
  const isLocal = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(text);
  const at = isLocal ? (Number.isNaN(Date.parse(text)) ? NaN : instantOf(text.length === 16 ? `${text}:00` : text, zone)) : Date.parse(text);
  if (Number.isNaN(at) || text.length < 10) throw invalid("query", { pointer, detail: "write an instant, or a date or wall time in your zone" });
  return at;
}

/** `gap`: skipped by a change of clocks; `fold`: it comes twice. */
export function resolution(wall: string, zone: string): "unique" | "gap" | "fold" {
  const at = instantOf(wall, zone);
  if (wall.length === 10) return wallOf(at, zone).startsWith(`${wall}T00:00`) ? "unique" : "gap";
  if (wallOf(at, zone) !== wall) return "gap";
  const change = offsetOf(at, zone) - offsetOf(at + DAY, zone);
  return change > 0 && wallOf(at + change * 60_000, zone) === wall ? "fold" : "unique";
}

export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Half open: what ends when the other begins does not meet it; what has no length lies in its instant. */
export function overlaps({ from, to }: Pick<Span, "from" | "to">, begin: number, end: number): boolean {
  return from < end && (to > begin || (to === from && from >= begin));
}

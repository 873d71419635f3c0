// What a room shows, out of what happened there. Everything that is said of something comes after it in the log, so an unbroken end of the
// log tells all there is to tell of what it contains: texts as they were edited last, and who reacted with what.
import type { RoomEvent } from "../../api/schema";

export interface Reaction {
  emoji: string;
  count: number;
  mine: boolean;
}

interface Told {
  /** What it is called: an event's own id, or that of the comment. */
  id: string;
  /** Its place in the log; Infinity of what is on its way. */
  seq: number;
  at: string;
  /** Who did it: a user, or whoever a program speaks for. */
  by: string;
}

export interface Message extends Told {
  kind: "message";
  text: string;
  mentions: readonly string[];
  /** What it is about, if not the room. */
  about: string | null;
  isEdited: boolean;
  reactions: Reaction[];
}

export interface Happened extends Told {
  kind: "event";
  type: string;
  data: Record<string, unknown>;
  reactions: Reaction[];
}

/** What became of the room and its people. */
export interface Notice extends Told {
  kind: "notice";
  type: string;
  data: Record<string, unknown>;
}

/** What a room is told of a schedule that somebody shows there. */
export interface Plan {
  schedule_id: string;
  user_id: string;
  title: string;
  all_day: boolean;
  time_zone: string;
  start: string;
  end: string;
  start_at: string;
  end_at: string;
  rrule: string | null;
}

/** A schedule that somebody shows here, as it is now. */
export interface Shared extends Told {
  kind: "plan";
  plan: Plan;
  /** It is shown no longer. */
  isOver: boolean;
  reactions: Reaction[];
}

export type Item = Message | Happened | Notice | Shared;

/** What one can say something about, and react to. */
export type Subject = Message | Happened | Shared;

/** The place of a position, `epoch-seq`, in its epoch. */
export function seqOf(position: string): number {
  return Number(position.slice(position.indexOf("-") + 1));
}

/** The items of a log, in its order; `me` is who looks. Those that are as they were in `before` are the same objects, and need not be drawn anew. */
export function itemsOf(log: readonly RoomEvent[], me: string, before: readonly Item[] = []): Item[] {
  const items = new Map<string, Item>();
  const reactions = new Map<string, Map<string, Set<string>>>();
  for (const event of log) {
    const data = event.data as Record<string, unknown>;
    const told = { seq: seqOf(event.id), at: event.at, by: event.publisher_id };
    const comment = String(data["comment_id"]);
    const message = items.get(comment);
    if (event.type === "comment.created") {
      items.set(comment, { kind: "message", id: comment, ...told, ...saying(data), about: textOr(data["about"], null), isEdited: false, reactions: [] });
    } else if (event.type === "comment.updated") {
      if (message?.kind === "message") items.set(comment, { ...message, ...saying(data), isEdited: true });
    } else if (event.type === "comment.deleted") {
      items.delete(comment);
    } else if (event.type === "reaction.added" || event.type === "reaction.removed") {
      const [about, emoji, user] = [String(data["about"]), String(data["emoji"]), String(data["user_id"])];
      const those = reactions.get(about) ?? new Map<string, Set<string>>();
      const who = those.get(emoji) ?? new Set<string>();
      if (event.type === "reaction.added") who.add(user);
      else who.delete(user);
      reactions.set(about, those.set(emoji, who));
    } else if (event.type.startsWith("schedule.")) {
      const plan = data as unknown as Plan;
      const before = items.get(plan.schedule_id);
      if (event.type === "schedule.shared") {
        // Shown again, it is where it was shown last.
        items.delete(plan.schedule_id);
        items.set(plan.schedule_id, { kind: "plan", id: plan.schedule_id, ...told, plan, isOver: false, reactions: [] });
      } else {
        const isOver = event.type === "schedule.unshared";
        const known = before?.kind === "plan" ? before.plan : undefined;
        if (before?.kind === "plan") items.set(before.id, { ...before, isOver, ...(isOver ? {} : { plan }) });
        items.set(event.event_id, { kind: "notice", id: event.event_id, ...told, type: event.type, data: { ...known, ...data } });
      }
    } else if (/^(room|member)\./.test(event.type)) {
      items.set(event.event_id, { kind: "notice", id: event.event_id, ...told, type: event.type, data });
    } else {
      items.set(event.event_id, { kind: "event", id: event.event_id, ...told, type: event.type, data, reactions: [] });
    }
  }
  const known = new Map(before.map((item) => [item.id, item]));
  return [...items.values()].map((told) => {
    const item = told.kind === "notice" ? told : { ...told, reactions: counted(reactions.get(told.id), me) };
    const same = known.get(item.id);
    return same !== undefined && areAlike(same, item) ? same : item;
  });
}

function commentOf({ data }: RoomEvent): string {
  return String((data as Record<string, unknown>)["comment_id"]);
}

/** What an event says of something that another one made; of several that say the same, the last counts alone. */
function saidAnew(event: RoomEvent): string | undefined {
  const { about, emoji, user_id } = event.data as Record<string, unknown>;
  if (event.type === "comment.updated") return commentOf(event);
  return event.type.startsWith("reaction.") ? JSON.stringify([about, emoji, user_id]) : undefined;
}

/** A log without what was said anew since, or is gone again: it tells the same. Where it begins and ends stays. */
export function condensed(log: readonly RoomEvent[]): RoomEvent[] {
  const of = (type: string, events: readonly RoomEvent[]): Set<string> => new Set(events.filter((event) => event.type === type).map(commentOf));
  const [made, gone] = [of("comment.created", log.slice(1)), of("comment.deleted", log)];
  const said = new Set<string>();
  const kept = log.toReversed().filter((event, back) => {
    const anew = saidAnew(event);
    const isKnown = anew !== undefined && said.has(anew);
    if (anew !== undefined) said.add(anew);
    const isGone = event.type.startsWith("comment.") && made.has(commentOf(event)) && gone.has(commentOf(event));
    return back === 0 || back === log.length - 1 || !(isKnown || isGone);
  });
  return kept.reverse();
}

/** From where on a log tells of `many` items, if of so many. */
export function startOf(log: readonly RoomEvent[], many: number): number | undefined {
  const gone = new Set<string>();
  let count = 0;
  for (let at = log.length - 1; at >= 0; at--) {
    const event = log[at];
    if (event === undefined || saidAnew(event) !== undefined) continue;
    if (event.type === "comment.deleted") gone.add(commentOf(event));
    else if (event.type === "comment.created" && gone.has(commentOf(event))) continue;
    else if (++count === many) return at;
  }
  return undefined;
}

function areAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [its, others] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const names = Object.keys(its);
  return names.length === Object.keys(others).length && names.every((name) => areAlike(its[name], others[name]));
}

function saying(data: Record<string, unknown>): { text: string; mentions: readonly string[] } {
  return { text: String(data["text"] ?? ""), mentions: Array.isArray(data["mentions"]) ? data["mentions"].map(String) : [] };
}

function textOr<T>(value: unknown, other: T): string | T {
  return typeof value === "string" ? value : other;
}

function counted(those: ReadonlyMap<string, ReadonlySet<string>> | undefined, me: string): Reaction[] {
  return [...(those ?? [])].filter(([, who]) => who.size > 0).map(([emoji, who]) => ({ emoji, count: who.size, mine: who.has(me) }));
}

const [MOST_PARTS, MOST_LENGTH] = [4, 60];

/** What an event carries, in a line: its first few members, each by its name. */
export function compact(data: Readonly<Record<string, unknown>>): { name: string; value: string }[] {
  return Object.entries(data)
    .slice(0, MOST_PARTS)
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return { name, value: text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH - 1)}…` : text };
    });
}

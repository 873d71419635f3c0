// Time that is taken, and what is free instead, as docs/conflicts.md says.
import { addDays, dateOf } from "../time/zone";
import { type Occurrence, occurrence, occurrences, said, spanOf } from "./occurrences";
import { Refusal } from "./refusal";
import { type Span, instantOf, iso, overlaps } from "./span";
import type { Schedule, World } from "./world";

export interface Stretch {
  from: number;
  to: number;
}

interface Busy extends Stretch {
  it: Occurrence;
}

const DAY = 86_400_000;
const HALF_HOUR = 1_800_000;
const [AHEAD, JUDGED, OFFERED, MOST] = [14 * DAY, 732 * DAY, 5, 20];

/** What of `it` takes time between `from` and `to`. */
function takenBy(it: Schedule, from: number, to: number): Busy[] {
  const found: Busy[] = [];
  if (it.deleted !== undefined) return found;
  for (const each of occurrences(it, to)) {
    const { span } = each;
    if (said(each).busy && span.to > span.from && overlaps(span, from, to)) found.push({ it: each, from: span.from, to: span.to });
  }
  return found;
}

/** What is taken between `from` and `to`, by start. */
export function taken(world: World, from: number, to: number, except?: string): Busy[] {
  const all = [...world.state.schedules.values()].filter(({ id }) => id !== except).flatMap((it) => takenBy(it, from, to));
  return all.sort((one, other) => one.from - other.from || one.to - other.to);
}

/** The gaps between `from` and `to` that are at least as long as `length`. */
export function gaps(taken: readonly Stretch[], from: number, to: number, length: number): Stretch[] {
  const found: Stretch[] = [];
  let free = from;
  for (const { from: begin, to: end } of [...taken, { from: to, to }]) {
    if (begin > free && begin - free >= length) found.push({ from: free, to: begin });
    free = Math.max(free, end);
  }
  return found;
}

/** Refuses if the time that `after` takes beside what it took as `before` is taken by what else is there. */
export function judge(world: World, after: Schedule, before: Schedule | undefined): void {
  const isSeries = after.recurrence !== null;
  const start = instantOf(after.start, after.zone);
  const [from, to] = isSeries ? [world.now, Math.max(world.now, start) + JUDGED] : [-Infinity, Infinity];
  const mine = takenBy(after, from, to);
  const added = addedTo(before ? takenBy(before, from, to) : [], mine);
  // Occurrences meet the others of their own series as well; of two that were asked for the later one is refused.
  refuse(world, after, added, mine);
}

/** The same for one occurrence, which meets the others of its series like anything else. */
export function judgeOne(world: World, after: Schedule, name: string, before: Schedule): void {
  const mine = busyOne(after, name);
  const rest = mine.flatMap(({ from, to }) => takenBy(after, from, to).filter(({ it }) => it.name !== name));
  refuse(world, after, addedTo(busyOne(before, name), mine), rest, mine[0]?.it.span);
}

function busyOne(of: Schedule, name: string): Busy[] {
  const it = occurrence(of, name);
  const { from, to } = it.span;
  return said(it).busy && to > from ? [{ it, from, to }] : [];
}

interface Added extends Stretch {
  of: Busy;
}

function addedTo(had: readonly Busy[], mine: readonly Busy[]): Added[] {
  return mine.flatMap((each) => rest(each, had).map((piece) => ({ ...piece, of: each })));
}

/** Refuses if something is in the way of what is added: others, or `own` occurrences that are there before. */
function refuse(world: World, after: Schedule, added: readonly Added[], own: readonly Busy[], one?: Span): void {
  if (added.length === 0) return;
  const [first, last] = [Math.min(...added.map(({ from }) => from)), Math.max(...added.map(({ to }) => to))];
  const others = [...taken(world, first, last, after.id), ...own];
  const met = new Map<Busy, Record<string, unknown>>();
  for (const piece of added) {
    for (const other of others) {
      if (other.it === piece.of.it || !(piece.from < other.to && other.from < piece.to)) continue;
      if (one === undefined && other.it.of.id === after.id && other.from > piece.of.from) continue;
      if (!met.has(other)) met.set(other, meeting(other, piece.of));
    }
  }
  if (met.size === 0) return;
  const conflicts = [...met].sort(([one], [other]) => one.from - other.from).map(([, said]) => said);
  throw new Refusal(409, "schedule.conflict", "this time is taken: choose another one, or send on_conflict=allow to have both; `conflicts` says what is there already", {
    conflicts: conflicts.slice(0, MOST),
    conflicts_truncated: conflicts.length > MOST,
    free_slots: freeInstead(world, one ? { ...after, ...one, recurrence: null } : after).map(({ from, to }) => ({ start: iso(from), end: iso(to) })),
  });
}

function meeting(other: Busy, mine: Busy): Record<string, unknown> {
  return {
    schedule_id: other.it.of.id,
    recurrence_id: other.it.name ?? null,
    title: said(other.it).title,
    start: iso(other.from),
    end: iso(other.to),
    meets: { recurrence_id: mine.it.name ?? null, start: iso(mine.from), end: iso(mine.to) },
  };
}

/** What of a stretch none of `had` covers. */
function rest(whole: Stretch, had: readonly Stretch[]): Stretch[] {
  const inside = had.filter(({ from, to }) => from < whole.to && whole.from < to).sort((one, other) => one.from - other.from);
  return gaps(inside, whole.from, whole.to, 1);
}

function freeInstead(world: World, after: Schedule): Stretch[] {
  const { from, to } = spanOf(after);
  if (after.recurrence) return shifts(world, after);
  const begin = Math.max(from, world.now);
  if (!after.all_day) return gaps(taken(world, begin, begin + AHEAD, after.id), begin, begin + AHEAD, to - from).slice(0, OFFERED);
  return freeDays(world, after, Math.round((to - from) / DAY));
}

/** Runs of whole days of the next two weeks that are long enough; none that has begun. */
function freeDays(world: World, { start, zone, id }: Schedule, length: number): Stretch[] {
  const today = dateOf(world.now, zone);
  const first = start > today ? start : addDays(today, 1);
  const at = (date: string): number => instantOf(date, zone);
  const busy = taken(world, at(first), at(addDays(first, 14)), id);
  const found: Stretch[] = [];
  let run: string[] = [];
  for (let day = 0; day <= 14; day++) {
    const date = addDays(first, day);
    const isFree = day < 14 && !busy.some((it) => it.from < at(addDays(date, 1)) && at(date) < it.to);
    if (isFree) run.push(date);
    else {
      if (run[0] !== undefined && run.length >= length) found.push({ from: at(run[0]), to: at(date) });
      run = [];
    }
  }
  return found.slice(0, OFFERED);
}

/** Other first occurrences of the same day, half an hour apart and the nearest first, at which all of the series is free. */
function shifts(world: World, after: Schedule): Stretch[] {
  if (after.all_day) return [];
  const { from, to } = spanOf(after);
  const until = Math.max(world.now, from) + JUDGED;
  const mine = takenBy(after, world.now, until);
  const others = taken(world, world.now - DAY, until + DAY, after.id);
  const found: Stretch[] = [];
  for (let step = 1; step < 48; step++) {
    for (const away of [step * HALF_HOUR, -step * HALF_HOUR]) {
      if (dateOf(from + away, after.zone) !== after.start.slice(0, 10) || found.length >= OFFERED) continue;
      if (!meets(mine, others, away)) found.push({ from: from + away, to: to + away });
    }
  }
  return found;
}

/** Whether some of `mine`, so much later, meets some of `others`; both are by start. */
function meets(mine: readonly Stretch[], others: readonly Stretch[], away: number): boolean {
  let first = 0;
  for (const { from, to } of mine) {
    while (first < others.length && (others[first]?.to ?? 0) <= from + away) first += 1;
    for (let at = first; at < others.length && (others[at]?.from ?? Infinity) < to + away; at++) if ((others[at]?.to ?? 0) > from + away) return true;
  }
  return false;
}

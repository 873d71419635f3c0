// Free time, and places for work: the rules of docs/planning.md, as far as a demonstration needs them. What comes first is placed first,
// then by deadline, importance and difficulty; each session goes to the earliest quarter of an hour that is free while one is up.
import type { ProposalView, SaidView, SlotPage, SuggestionsAsked, SuggestionsView } from "../api/schema";
import { secondsOf } from "../time/duration";
import { addDays, dateOf, instantOf } from "../time/zone";
import { deadlineAt } from "./alarms";
import { type Stretch, gaps, taken } from "./conflicts";
import { ascending, pageOf } from "./http";
import { spanOf } from "./occurrences";
import { Refusal, invalid } from "./refusal";
import { create, plan } from "./schedules";
import { instantIn, iso } from "./span";
import { blockersOf, find, isOpen, openPartsOf, sessionsOf } from "./tasks";
import type { Task, World } from "./world";

const [QUARTER, DAY] = [900_000, 86_400_000];
const [LONGEST_SESSION, USUAL] = [5_400, 3_600];

/** The nights of a range: from going to sleep to getting up. */
export function nights(world: World, from: number, to: number): Stretch[] {
  const { time_zone, wake_at, sleep_at } = world.state.user;
  if (wake_at === sleep_at) return [];
  const found: Stretch[] = [];
  const last = dateOf(to, time_zone);
  for (let day = addDays(dateOf(from, time_zone), -2); day <= last; day = addDays(day, 1)) {
    // To sleep before getting up is that of the next day.
    const sleep = sleep_at < wake_at ? addDays(day, 1) : day;
    found.push({ from: instantOf(`${sleep}T${sleep_at}:00`, time_zone).getTime(), to: instantOf(`${addDays(day, 1)}T${wake_at}:00`, time_zone).getTime() });
  }
  return found.filter((night) => night.from < to && from < night.to);
}

export function freeSlots(world: World, query: { from?: string; to?: string; duration?: string; within?: string; limit?: string; cursor?: string }): SlotPage {
  const { time_zone } = world.state.user;
  for (const name of ["from", "to", "duration"] as const) if (query[name] === undefined) throw parameter(name, "missing");
  const [from, to] = [instantIn(time_zone, "/from", query.from ?? ""), instantIn(time_zone, "/to", query.to ?? "")];
  const seconds = secondsOf(query.duration ?? "");
  if (!seconds) throw invalid("planning", { pointer: "/duration", detail: "longer than nothing" });
  if (to <= from || to - from > 92 * DAY) throw invalid("planning", { pointer: "/to", detail: "after from, at most 92 days" });
  const all = gaps(closed(world, from, to, query.within !== "day"), from, to, seconds * 1_000).map((it) => ({ start: iso(it.from), end: iso(it.to) }));
  return pageOf(all, query, ({ start }) => start, ascending);
}

function parameter(name: string, detail: string): Refusal {
  return new Refusal(422, "query.invalid", "a query parameter is not what is expected here: see `errors`", { errors: [{ pointer: `/${name}`, detail }] });
}

/** What is taken, and the nights, by start. */
function closed(world: World, from: number, to: number, waking: boolean): Stretch[] {
  const all: Stretch[] = [...taken(world, from, to), ...(waking ? nights(world, from, to) : [])];
  return all.sort((one, other) => one.from - other.from);
}

const SAID = {
  after_predecessors: "It comes after what it waits for.",
  before_deadline: "It ends before the deadline.",
  after_deadline: "It ends after the deadline: nothing earlier is free.",
  earliest: "No earlier day has a place as good.",
  no_room: "There is no room for all of it, or for what it waits for.",
  blocked: "It waits for an open task of which not all is planned.",
  planned: "All of it is planned already.",
  in_parts: "Its subtasks take all of its time: there is nothing to plan for itself.",
} as const;

function say(code: keyof typeof SAID): SaidView {
  return { code, detail: SAID[code] };
}

interface Range {
  from: number;
  to: number;
}

export function suggest(world: World, asked: SuggestionsAsked): SuggestionsView {
  const { time_zone } = world.state.user;
  const from = Math.max(world.now, asked.from == null ? world.now : instantIn(time_zone, "/from", asked.from));
  const to = asked.to == null ? from + 7 * DAY : instantIn(time_zone, "/to", asked.to);
  if (to <= from || to - from > 31 * DAY) throw invalid("planning", { pointer: "/to", detail: "after from, at most 31 days" });
  if (asked.title != null || asked.duration != null) return suggestNew(world, asked, { from, to });
  const wanted = asked.task_ids == null ? [...world.state.tasks.values()].filter((it) => isOpen(it) && blockersOf(world, it).length === 0 && openPartsOf(world, it).length === 0) : [...new Set(asked.task_ids)].map((id) => find(world, id));
  const found: SuggestionsView = { proposals: [], unplaced: [] };
  // Each place is taken as soon as it is given; without `commit` all of it is taken back in the end.
  const placeAll = (): void => {
    for (const task of inOrder(world, wanted)) place(world, task.id, { from, to }, found);
  };
  world.attempt(placeAll, () => asked.commit === true);
  if (!asked.commit) for (const proposal of found.proposals) proposal.schedule_id = null;
  return found;
}

/** What others wait for first, then by deadline, importance and difficulty. */
function inOrder(world: World, tasks: readonly Task[]): Task[] {
  const dueOf = (task: Task): number => {
    const waiting = tasks.filter((other) => other.depends_on.includes(task.id)).map(dueOf);
    return Math.min(deadlineAt(task) ?? Infinity, ...waiting);
  };
  const left = [...tasks].sort((one, other) => dueOf(one) - dueOf(other) || other.importance - one.importance || other.difficulty - one.difficulty || ascending(one.id, other.id));
  const order: Task[] = [];
  while (left.length > 0) {
    const next = left.findIndex((task) => !left.some((other) => task.depends_on.includes(other.id) || other.parent_id === task.id));
    order.push(...left.splice(Math.max(0, next), 1));
  }
  return order;
}

function place(world: World, id: string, { from, to }: Range, found: SuggestionsView): void {
  const task = find(world, id);
  const unplaced = (code: keyof typeof SAID): void => void found.unplaced.push({ task_id: id, reason: say(code) });
  if (openPartsOf(world, task).length > 0) return unplaced("in_parts");
  if (leftOf(world, task) <= 0) return unplaced("planned");
  let begin = from;
  for (const first of blockersOf(world, task).map((each) => find(world, each))) {
    if (leftOf(world, first) > 0) return unplaced("blocked");
    begin = Math.max(begin, ...sessionsOf(world, first).map((it) => spanOf(it).to));
  }
  // All of it or nothing.
  const proposals = world.attempt(() => placed(world, task, { from: begin, to }, begin > from), (made) => made !== undefined);
  if (proposals) found.proposals.push(...proposals);
  else unplaced("no_room");
}

/** Sessions of nearly the same length for what is left of it; nothing if there is no room for all of them. */
function placed(world: World, task: Task, { from, to }: Range, waits: boolean): ProposalView[] | undefined {
  const [due, left] = [deadlineAt(task), leftOf(world, task)];
  const parts = Math.ceil(left / LONGEST_SESSION);
  const proposals: ProposalView[] = [];
  for (let part = 1, at = from, rest = left; part <= parts; part++) {
    const seconds = Math.min(Math.ceil(rest / (parts - part + 1) / 60) * 60, rest);
    rest -= seconds;
    const start = earliest(world, at, to, seconds * 1_000);
    if (start === undefined) return undefined;
    at = start + seconds * 1_000;
    const session = plan(world, task, { start: iso(start), duration: `PT${String(seconds)}S`, time_zone: world.state.user.time_zone }, true);
    const isLate = due !== undefined && at > due;
    const reasons = [...(waits ? [say("after_predecessors")] : []), ...(due !== undefined && !isLate ? [say("before_deadline")] : []), say("earliest")];
    proposals.push({ task_id: task.id, title: task.title, part, parts, start: iso(start), end: iso(at), reasons, violated_wishes: isLate ? [say("after_deadline")] : [], schedule_id: session.id });
  }
  return proposals;
}

/** The seconds of work on a task that no session is planned for yet. */
function leftOf(world: World, task: Task): number {
  const estimate = (task.estimate && secondsOf(task.estimate)) || USUAL;
  const planned = sessionsOf(world, task).reduce((sum, it) => {
    const { from, to } = spanOf(it);
    const isUnderWay = (it.progress[""]?.state ?? "NOT_STARTED") !== "NOT_STARTED";
    return sum + (isUnderWay ? to - from : Math.max(0, to - Math.max(from, world.now)));
  }, 0);
  return estimate - Math.round(planned / 1_000);
}

/** The first quarter of an hour from which so much is free. */
function earliest(world: World, from: number, to: number, length: number): number | undefined {
  for (const gap of gaps(closed(world, from, to, true), from, to, length)) {
    const start = Math.ceil(gap.from / QUARTER) * QUARTER;
    if (start + length <= gap.to) return start;
  }
  return undefined;
}

/** Places for one new thing, the best first. */
function suggestNew(world: World, { title, duration, limit, commit, task_ids }: SuggestionsAsked, { from, to }: Range): SuggestionsView {
  const seconds = secondsOf(duration ?? "");
  if (task_ids != null || title == null || !seconds) throw invalid("planning", { pointer: title == null ? "/title" : "/duration", detail: "one new thing has a title and a duration, and no task_ids" });
  const proposals: ProposalView[] = [];
  for (let at: number | undefined = from; proposals.length < (limit ?? 3); at += seconds * 1_000) {
    at = earliest(world, at, to, seconds * 1_000);
    if (at === undefined) break;
    proposals.push({ task_id: null, title, part: 1, parts: 1, start: iso(at), end: iso(at + seconds * 1_000), reasons: [say("earliest")], violated_wishes: [], schedule_id: null });
  }
  const [best] = proposals;
  if (commit && best) best.schedule_id = create(world, { title, start: best.start, end: best.end }, true).id;
  return { proposals: commit ? proposals.slice(0, 1) : proposals, unplaced: best ? [] : [{ task_id: null, reason: say("no_room") }] };
}

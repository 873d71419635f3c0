// What was worked and completed, out of the ledger: days are those of the person's zone (docs/progress.md).
import type { GroupView, StatisticsView } from "../api/schema";
import { addDays, addMonths, dateOf, instantOf, weekOf } from "../time/zone";
import { Refusal } from "./refusal";
import { iso } from "./span";
import type { Schedule, World } from "./world";

type Period = StatisticsView["period"];
type GroupBy = StatisticsView["group_by"];

interface Sum {
  worked: number;
  completed: number;
}

/** The first day of the period that `date` lies in, and the day after its last. */
export function bounds(period: Period, date: string, weekStart: string): [from: string, to: string] {
  if (period === "day") return [date, addDays(date, 1)];
  if (period === "week") return [weekOf(date, weekStart), addDays(weekOf(date, weekStart), 7)];
  const first = `${date.slice(0, 7)}-01`;
  return [first, addMonths(first, 1)];
}

export function statistics(world: World, query: { period?: string; date?: string; group_by?: string }): StatisticsView {
  const { user } = world.state;
  const period = oneOf(["day", "week", "month"] as const, "period", query.period);
  const group_by: GroupBy = query.group_by === undefined ? "kind" : oneOf(["kind", "category", "tag"] as const, "group_by", query.group_by);
  const today = dateOf(world.now, user.time_zone);
  const date = query.date ?? today;
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) throw wrong("date", "not a date");
  const [from, to] = bounds(period, date, user.week_start);
  const [before] = bounds(period, addDays(from, -1), user.week_start);
  const at = (day: string): number => instantOf(day, user.time_zone).getTime();
  const days: StatisticsView["days"] = [];
  for (let day = from; day < to; day = addDays(day, 1)) {
    const { worked, completed } = sum(world, at(day), at(addDays(day, 1)));
    days.push({ date: day, worked_seconds: worked, completed });
  }
  const [all, previous] = [sum(world, at(from), at(to)), sum(world, at(before), at(from))];
  const daily = user.daily_goal_seconds;
  const whole = daily * days.length;
  return {
    period,
    group_by,
    from,
    to,
    time_zone: user.time_zone,
    as_of: iso(world.now),
    worked_seconds: all.worked,
    completed: all.completed,
    days,
    groups: groups(world, group_by, at(from), at(to)),
    previous: { worked_seconds: previous.worked, completed: previous.completed },
    goal: daily === 0 ? null : { daily_seconds: daily, seconds: whole, attained_days: days.filter((day) => day.worked_seconds >= daily).length, percent: Math.floor((all.worked * 100) / whole) },
  };
}

function oneOf<T extends string>(all: readonly T[], name: string, given: string | undefined): T {
  const found = all.find((it) => it === given);
  if (!found) throw wrong(name, `one of ${all.join(", ")}`);
  return found;
}

function wrong(name: string, detail: string): Refusal {
  return new Refusal(422, "query.invalid", "a query parameter is not what is expected here: see `errors`", { errors: [{ pointer: `/${name}`, detail }] });
}

/** Seconds worked between two instants, and schedules that were completed there and still are. */
function sum(world: World, from: number, to: number, counts: (it: Schedule) => boolean = () => true): Sum {
  const { work, schedules } = world.state;
  let [milliseconds, completed] = [0, 0];
  for (const stretch of work) {
    const it = schedules.get(stretch.schedule);
    if (!it || it.deleted !== undefined || !counts(it)) continue;
    milliseconds += Math.max(0, Math.min(stretch.to ?? world.now, to) - Math.max(stretch.from, from));
  }
  for (const it of schedules.values()) {
    if (it.deleted !== undefined || !counts(it)) continue;
    completed += Object.values(it.progress).filter(({ state, since }) => state === "COMPLETED" && since !== undefined && from <= since && since < to).length;
  }
  return { worked: Math.floor(milliseconds / 1_000), completed };
}

/** The same by kind, category or tag, most work first; what has none of it comes under null. */
function groups(world: World, by: GroupBy, from: number, to: number): GroupView[] {
  const { categories, tags, schedules } = world.state;
  const keysOf = (it: Schedule): (string | null)[] => (by === "kind" ? [it.kind] : by === "category" ? [it.category_id] : it.tags.length > 0 ? it.tags : [null]);
  const keys = new Set([...schedules.values()].flatMap(keysOf));
  const all = [...keys].map((key) => {
    const { worked, completed } = sum(world, from, to, (it) => keysOf(it).includes(key));
    const labelled = by === "category" ? categories.find(({ id }) => id === key) : tags.find(({ name }) => name === key);
    return { key: by === "kind" ? key : (labelled?.id ?? null), name: by === "kind" ? key : (labelled?.name ?? null), worked_seconds: worked, completed };
  });
  const shown = all.filter(({ worked_seconds, completed }) => worked_seconds > 0 || completed > 0);
  return shown.sort((one, other) => other.worked_seconds - one.worked_seconds || other.completed - one.completed);
}

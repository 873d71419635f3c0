// The machine of docs/progress.md: what may be done from where, and the ledger of work.
import { endAlarms, rearm } from "./alarms";
import { progressOf } from "./occurrences";
import { Refusal, invalid } from "./refusal";
import { iso } from "./span";
import type { Progress, Schedule, World } from "./world";

export type Action = "start" | "suspend" | "complete" | "cancel";

/** Which actions change something, and where they lead. */
const MOVES: Readonly<Record<Progress["state"], readonly Action[]>> = {
  NOT_STARTED: ["start", "complete"],
  IN_PROGRESS: ["suspend", "complete", "cancel"],
  SUSPENDED: ["start", "complete", "cancel"],
  COMPLETED: ["cancel"],
};
const THERE: Readonly<Record<Action, Progress["state"]>> = { start: "IN_PROGRESS", suspend: "SUSPENDED", complete: "COMPLETED", cancel: "NOT_STARTED" };
const FIVE_MINUTES = 300_000;

/** Whether `action` changes something; refused where the machine does not know it. */
export function changes({ state }: Progress, action: Action): boolean {
  if (state === THERE[action]) return false;
  if (MOVES[state].includes(action)) return true;
  throw new Refusal(409, "schedule.illegal_transition", `the schedule is ${state}: it cannot ${action}; what it can is in \`allowed\``, { state, allowed: MOVES[state] });
}

/** Moves one on by an action that is possible, with work, alarms and event. */
export function move(world: World, it: Schedule, name: string | undefined, action: Action, then: number): void {
  const before = progressOf(it, name);
  const state = THERE[action];
  const run = before.state === "NOT_STARTED" ? before.run + 1 : before.run;
  const open = world.state.work.find(({ schedule, occurrence, to }) => schedule === it.id && occurrence === (name ?? "") && to === undefined);
  if (open) open.to = then;
  let worked = before.worked + (open ? Math.round((then - open.from) / 1_000) : 0);
  if (action === "start") world.state.work.push({ schedule: it.id, occurrence: name ?? "", run, from: then, to: undefined });
  if (action === "cancel") {
    worked = 0;
    world.state.work = world.state.work.filter((each) => each.schedule !== it.id || each.occurrence !== (name ?? "") || each.run !== run);
  }
  it.progress[name ?? ""] = { state, run, since: then, worked };
  it.version += 1;
  it.updated = world.now;
  if (action === "start" || action === "complete") endAlarms(world, it, name, "CANCELLED", action === "start" ? "started" : "completed");
  if (action === "cancel") rearm(world, it);
  world.tell("progress.changed", { schedule_id: it.id, recurrence_id: name ?? "", version: it.version, state, run });
}

/** One thing at a time. */
export function makeRoom(world: World, autoSuspend: boolean, then: number): void {
  for (const other of world.state.schedules.values()) {
    for (const [name, { state, since }] of Object.entries(other.progress)) {
      if (state !== "IN_PROGRESS") continue;
      const running = { schedule_id: other.id, recurrence_id: name || null };
      if (!autoSuspend) throw new Refusal(409, "schedule.another_running", "something else is in progress, see `running`: suspend or complete it first, or send auto_suspend=true", { running });
      move(world, other, name || undefined, "suspend", Math.max(then, since ?? then));
    }
  }
}

/** When it happened, in whole seconds: now, or at most five minutes back and not before what is recorded. */
export function moment(world: World, at: string | undefined, { since }: Progress): number {
  const now = Math.floor(world.now / 1_000) * 1_000;
  if (at === undefined) return Math.max(now, since ?? now);
  const then = Math.floor(Date.parse(at) / 1_000) * 1_000;
  const wrong = Number.isNaN(then) ? "not an instant" : then > world.now ? "not in the future" : then < world.now - FIVE_MINUTES ? "at most five minutes back" : since !== undefined && then < since ? `not before ${iso(since)}` : undefined;
  if (wrong) throw invalid("schedule", { pointer: "/at", detail: wrong });
  return then;
}

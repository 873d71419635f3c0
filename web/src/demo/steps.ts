// Steps of schedules, and what they do to the task that a session was planned for (docs/tasks.md).
import type { ScheduleView } from "../api/schema";
import { named, progressOf, view } from "./occurrences";
import { type Action, changes, makeRoom, moment, move } from "./progress";
import { Refusal } from "./refusal";
import { blockersOf, complete, isOpen, openPartsOf, reopen } from "./tasks";
import type { Schedule, Task, World } from "./world";

export interface Wanted {
  name: string | undefined;
  at: string | undefined;
  autoSuspend: boolean;
  force: boolean;
}

/** Does `action` to a schedule or one occurrence of it; what has been done already changes nothing. */
export function step(world: World, it: Schedule, action: Action, { name, at, autoSuspend, force }: Wanted): ScheduleView {
  const one = named(it, name);
  const before = progressOf(it, name);
  const task = world.state.tasks.get(it.task_id ?? "");
  if (!changes(before, action)) return view(one);
  const then = moment(world, at, before);
  if (action === "start") {
    if (task) begin(world, task, force);
    makeRoom(world, autoSuspend, then);
  }
  move(world, it, name, action, then);
  if (task && action === "complete" && isLast(world, it, task)) complete(world, task, it.id);
  if (task && action === "cancel" && task.completed_by === it.id) reopen(world, task);
  return view(named(it, name));
}

function begin(world: World, task: Task, force: boolean): void {
  const blocked_by = blockersOf(world, task);
  if (blocked_by.length > 0 && !force) {
    throw new Refusal(409, "task.blocked", "the task depends on others that are open, see `blocked_by`: complete them first, or send force=true", { blocked_by });
  }
  if (task.completed !== undefined) reopen(world, task);
}

/** Whether the task is done with this session: no other is open, and nothing comes first. */
function isLast(world: World, it: Schedule, task: Task): boolean {
  const others = [...world.state.schedules.values()].filter(({ id, task_id, deleted }) => task_id === task.id && id !== it.id && deleted === undefined);
  const isDone = others.every((other) => progressOf(other, undefined).state === "COMPLETED");
  return isOpen(task) && isDone && blockersOf(world, task).length === 0 && openPartsOf(world, task).length === 0;
}

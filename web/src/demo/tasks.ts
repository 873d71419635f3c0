// Tasks: what comes before what, what is ready, and what becomes of their sessions (docs/tasks.md).
import type { NewTask, TaskChange, TaskReminderDraft, TaskReminderView, TaskView } from "../api/schema";
import { durationOf, secondsOf } from "../time/duration";
import { wallOf } from "../time/zone";
import { deadlineAt, rearm, rearmTask } from "./alarms";
import { labelsOf, newTags } from "./labels";
import { progressOf, spanOf } from "./occurrences";
import { move } from "./progress";
import { Refusal, invalid, notFound } from "./refusal";
import { isZone, iso, resolution } from "./span";
import { line, text } from "./text";
import { wayBack } from "./ways";
import type { Schedule, Task, World } from "./world";

const [LEVELS, AHEAD] = [5, 10 * 366 * 86_400_000];

export function find(world: World, id: string): Task {
  const task = world.state.tasks.get(id);
  if (!task) throw notFound("task");
  return task;
}

export function isOpen({ completed, archived }: Task): boolean {
  return completed === undefined && archived === undefined;
}

/** What it depends on and is open. */
export function blockersOf(world: World, { depends_on }: Task): string[] {
  return depends_on.filter((id) => {
    const other = world.state.tasks.get(id);
    return other !== undefined && isOpen(other);
  });
}

export function openPartsOf(world: World, { id }: Task): string[] {
  return [...world.state.tasks.values()].filter((it) => it.parent_id === id && isOpen(it)).map((it) => it.id);
}

export function view(world: World, task: Task): TaskView {
  const due = deadlineAt(task);
  const blocked_by = blockersOf(world, task);
  const wall = due === undefined ? undefined : task.deadline && task.deadline.length > 10 ? task.deadline : wallOf(due, task.zone ?? "UTC");
  return {
    id: task.id,
    title: task.title,
    description: task.description,
    state: task.completed === undefined ? "OPEN" : "COMPLETED",
    ready: isOpen(task) && blocked_by.length === 0 && openPartsOf(world, task).length === 0,
    deadline: task.deadline,
    time_zone: task.zone,
    deadline_at: due === undefined ? null : iso(due),
    deadline_resolution: wall === undefined ? null : resolution(wall, task.zone ?? "UTC"),
    overdue: task.completed === undefined && due !== undefined && due <= world.now,
    importance: task.importance,
    difficulty: task.difficulty,
    estimate: task.estimate,
    parent_id: task.parent_id,
    depends_on: [...task.depends_on],
    blocked_by,
    category_id: task.category_id,
    tags: [...task.tags],
    reminders: task.reminders,
    remind_overdue: task.remind_overdue,
    completed_at: task.completed === undefined ? null : iso(task.completed),
    archived_at: task.archived === undefined ? null : iso(task.archived),
    version: task.version,
    created_at: iso(task.created),
    updated_at: iso(task.updated),
  };
}

export function create(world: World, draft: NewTask): Task {
  const { now } = world;
  const { user } = world.state;
  const task: Task = {
    id: world.mint("tsk"),
    title: line("task", "/title", draft.title, 200, true),
    description: text("task", draft.description ?? ""),
    ...labelsOf(world, "task", draft),
    deadline: null,
    zone: null,
    importance: checked("/importance", draft.importance ?? 5, (it) => it >= 1 && it <= 9, "write 1 to 9"),
    difficulty: checked("/difficulty", draft.difficulty ?? 3, (it) => [1, 2, 3, 5, 8, 13, 21].includes(it), "write 1, 2, 3, 5, 8, 13 or 21"),
    estimate: estimateOf(draft.estimate ?? null),
    parent_id: draft.parent_id ?? null,
    depends_on: [...new Set(draft.depends_on ?? [])].sort(),
    reminders: [],
    remind_overdue: draft.remind_overdue ?? true,
    completed: undefined,
    archived: undefined,
    created: now,
    updated: now,
    version: 1,
  };
  Object.assign(task, deadlineOf(world, draft.deadline ?? null, draft.time_zone ?? user.time_zone));
  const usual = secondsOf(user.default_reminder_lead) ? [{ before: user.default_reminder_lead }] : [];
  task.reminders = remindersOf(world, draft.reminders ?? (task.deadline ? usual : []), [], task.deadline !== null);
  world.state.tasks.set(task.id, task);
  checkOthers(world, task);
  newTags(world, task.tags);
  rearmTask(world, task);
  world.tell("task.changed", { task_id: task.id, version: 1, change: "created" });
  return task;
}

export function change(world: World, task: Task, change: TaskChange): void {
  const before = JSON.stringify(task);
  const labels = { category_id: task.category_id, tags: task.tags };
  if (change.title != null) task.title = line("task", "/title", change.title, 200, true);
  if (change.description != null) task.description = text("task", change.description);
  Object.assign(task, labelsOf(world, "task", { category_id: change.category_id === undefined ? task.category_id : change.category_id, tags: change.tags ?? task.tags }));
  if (change.importance != null) task.importance = checked("/importance", change.importance, (it) => it >= 1 && it <= 9, "write 1 to 9");
  if (change.difficulty != null) task.difficulty = checked("/difficulty", change.difficulty, (it) => [1, 2, 3, 5, 8, 13, 21].includes(it), "write 1, 2, 3, 5, 8, 13 or 21");
  if (change.estimate !== undefined) task.estimate = estimateOf(change.estimate);
  if (change.parent_id !== undefined) task.parent_id = change.parent_id;
  if (change.depends_on != null) task.depends_on = [...new Set(change.depends_on)].sort();
  if (change.remind_overdue != null) task.remind_overdue = change.remind_overdue;
  const hadDeadline = task.deadline !== null;
  if (change.deadline !== undefined || change.time_zone != null) {
    const zone = change.time_zone ?? task.zone ?? world.state.user.time_zone;
    Object.assign(task, deadlineOf(world, change.deadline === undefined ? task.deadline : change.deadline, zone));
  }
  const lead = world.state.user.default_reminder_lead;
  const gains = !hadDeadline && task.deadline !== null && secondsOf(lead) ? [{ before: lead }] : undefined;
  if (change.reminders != null || gains) task.reminders = remindersOf(world, change.reminders ?? gains ?? [], task.reminders, task.deadline !== null);
  if (task.deadline === null) task.reminders = [];
  checkOthers(world, task);
  if (JSON.stringify(task) === before) return;
  newTags(world, task.tags);
  changed(world, task, "updated");
  rearmTask(world, task, change.reminders != null ? "reminders_changed" : "rescheduled");
  relabelSessions(world, task, labels);
}

/** Sessions that were labelled as the task was are labelled as it is. */
function relabelSessions(world: World, task: Task, before: Pick<Task, "category_id" | "tags">): void {
  const [was, is] = [before.tags.join("\n"), task.tags.join("\n")];
  for (const it of world.state.schedules.values()) {
    if (it.task_id !== task.id) continue;
    const [category, tags] = [before.category_id !== task.category_id && it.category_id === before.category_id, was !== is && it.tags.join("\n") === was];
    if (category) it.category_id = task.category_id;
    if (tags) it.tags = [...task.tags];
    if (category || tags) touched(world, it, "updated");
  }
}

function changed(world: World, task: Task, change: string): void {
  task.version += 1;
  task.updated = world.now;
  world.tell("task.changed", { task_id: task.id, version: task.version, change });
}

export function complete(world: World, task: Task, by?: string): void {
  task.completed = world.now;
  if (by !== undefined) task.completed_by = by;
  for (const it of sessionsOf(world, task)) {
    const { state } = progressOf(it, undefined);
    if (it.id !== by && (state === "IN_PROGRESS" || state === "SUSPENDED")) move(world, it, undefined, "complete", Math.floor(world.now / 1_000) * 1_000);
  }
  leave(world, task, "completed");
}

/** Completes it if nothing comes first. */
export function finish(world: World, task: Task, force: boolean): void {
  if (task.completed !== undefined) return;
  const [blocked_by, open_subtasks] = [blockersOf(world, task), openPartsOf(world, task)];
  if (blocked_by.length > 0 && !force) throw new Refusal(409, "task.blocked", "the task depends on others that are open, see `blocked_by`: complete them first, or send force=true", { blocked_by });
  if (open_subtasks.length > 0 && !force) throw new Refusal(409, "task.open_subtasks", "the task has open subtasks, see `open_subtasks`: complete them first, or send force=true", { open_subtasks });
  complete(world, task);
}

export function reopen(world: World, task: Task): void {
  if (task.completed === undefined) return;
  task.completed = undefined;
  delete task.completed_by;
  comeBack(world, task, "reopened");
}

export function archive(world: World, task: Task): void {
  if (task.archived !== undefined) return;
  task.archived = world.now;
  leave(world, task, "archived");
}

export function unarchive(world: World, task: Task): void {
  if (task.archived === undefined) return;
  task.archived = undefined;
  comeBack(world, task, "unarchived");
}

/** Its sessions that are ahead leave the calendar with it, and it rings no more. */
function leave(world: World, task: Task, change: "completed" | "archived"): void {
  changed(world, task, change);
  rearmTask(world, task, change);
  for (const it of sessionsOf(world, task)) {
    if (progressOf(it, undefined).state !== "NOT_STARTED" || spanOf(it).to <= world.now) continue;
    it.deleted = world.now;
    it.left_with = task.id;
    touched(world, it, "deleted");
    rearm(world, it, "schedule_deleted");
  }
}

function comeBack(world: World, task: Task, change: "reopened" | "unarchived"): void {
  changed(world, task, change);
  rearmTask(world, task);
  for (const it of world.state.schedules.values()) {
    if (it.left_with !== task.id) continue;
    it.deleted = undefined;
    delete it.left_with;
    touched(world, it, "restored");
    rearm(world, it);
  }
}

export function remove(world: World, task: Task, sessions: "keep" | "delete"): void {
  const its = sessionsOf(world, task);
  if (sessions === "delete" && its.some((it) => progressOf(it, undefined).state === "IN_PROGRESS")) {
    throw new Refusal(409, "schedule.running", "the schedule is in progress: suspend, complete or cancel it before you delete or move it");
  }
  world.state.tasks.delete(task.id);
  for (const other of world.state.tasks.values()) {
    const was = JSON.stringify(other);
    other.depends_on = other.depends_on.filter((id) => id !== task.id);
    if (other.parent_id === task.id) other.parent_id = task.parent_id;
    if (JSON.stringify(other) !== was) changed(world, other, "updated");
  }
  for (const [id, alarm] of world.state.alarms) if (alarm.task === task.id) world.state.alarms.delete(id);
  for (const it of its) {
    it.task_id = null;
    if (sessions === "delete") it.deleted = world.now;
    touched(world, it, sessions === "delete" ? "deleted" : "updated");
    rearm(world, it, "schedule_deleted");
  }
  world.tell("task.changed", { task_id: task.id, version: task.version + 1, change: "deleted" });
}

export function sessionsOf(world: World, { id }: Task): Schedule[] {
  return [...world.state.schedules.values()].filter(({ task_id, deleted }) => task_id === id && deleted === undefined);
}

function touched(world: World, it: Schedule, change: string): void {
  it.version += 1;
  it.updated = world.now;
  world.tell("schedule.changed", { schedule_id: it.id, version: it.version, change });
}

/** What it depends on and is a part of is there, and nothing waits in a circle. */
function checkOthers(world: World, task: Task): void {
  const { tasks } = world.state;
  for (const id of task.depends_on) if (!tasks.has(id)) throw invalid("task", { pointer: "/depends_on", detail: `you have no task ${id}` });
  if (task.parent_id !== null && !tasks.has(task.parent_id)) throw invalid("task", { pointer: "/parent_id", detail: `you have no task ${task.parent_id}` });
  // A task waits for what it depends on and for its subtasks.
  const waitsFor = (it: Task): string[] => [...it.depends_on, ...[...tasks.values()].filter(({ parent_id }) => parent_id === it.id).map(({ id }) => id)];
  const cycle = wayBack(task.id, (id) => waitsFor(tasks.get(id) ?? task));
  if (cycle) throw new Refusal(422, "task.cycle", "these tasks would wait for each other in a circle; `cycle` names them, each waiting for the next", { cycle });
  let depth = 1;
  for (let above = task.parent_id; above !== null; above = tasks.get(above)?.parent_id ?? null) depth += 1;
  if (depth > LEVELS) throw invalid("task", { pointer: "/parent_id", detail: `at most ${String(LEVELS)} levels of subtasks` });
}

function checked(pointer: string, value: number, isFine: (value: number) => boolean, detail: string): number {
  if (!Number.isInteger(value) || !isFine(value)) throw invalid("task", { pointer, detail });
  return value;
}

export function estimateOf(estimate: string | null, pointer = "/estimate"): string | null {
  if (estimate === null) return null;
  const seconds = secondsOf(estimate);
  if (seconds === undefined || seconds <= 0 || seconds > 366 * 86_400) throw invalid("task", { pointer, detail: "more than nothing, and at most 366 days" });
  return durationOf(seconds);
}

/** A deadline as it is kept: a date, or a wall time of `zone`. */
export function deadlineOf(world: World, deadline: string | null, zone: string): Pick<Task, "deadline" | "zone"> {
  if (deadline === null) return { deadline: null, zone: null };
  if (!isZone(zone)) throw invalid("task", { pointer: "/time_zone", detail: "unknown time zone: write an IANA name such as Asia/Seoul or UTC" });
  const isLocal = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.test(deadline);
  const at = Date.parse(isLocal && deadline.length > 10 ? `${deadline}Z` : deadline);
  if (Number.isNaN(at)) throw invalid("task", { pointer: "/deadline", detail: "write a date, a wall time or an instant" });
  if (at > world.now + AHEAD) throw invalid("task", { pointer: "/deadline", detail: "at most ten years ahead" });
  return { deadline: isLocal ? deadline : wallOf(at, zone), zone };
}

function remindersOf(world: World, drafts: readonly TaskReminderDraft[], before: readonly TaskReminderView[], hasDeadline: boolean): TaskReminderView[] {
  if (drafts.length > 0 && !hasDeadline) throw invalid("task", { pointer: "/reminders", detail: "there is no deadline to remind of: give a deadline as well" });
  return drafts.map(({ at, before: lead, critical }, index) => {
    const seconds = lead == null ? undefined : secondsOf(lead);
    if (at == null && !seconds) throw invalid("task", { pointer: `/reminders/${String(index)}/before`, detail: "some time before the deadline; at the deadline itself remind_overdue rings" });
    const made = at == null ? { before: durationOf(seconds ?? 0), relative_to: "deadline" as const } : { at: iso(Date.parse(at)) };
    const same = before.find((it) => (it.at ?? null) === (made.at ?? null) && (it.before ?? null) === (made.before ?? null));
    return { id: same?.id ?? world.mint("rem"), ...made, critical: critical ?? false };
  });
}

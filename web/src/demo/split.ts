// A task in parts that come one after the other; their deadlines are spread over the time up to that of the whole.
import type { PartView, Split, SplitView } from "../api/schema";
import { durationOf, secondsOf } from "../time/duration";
import { dateOf, wallOf } from "../time/zone";
import { deadlineAt } from "./alarms";
import { Refusal, invalid } from "./refusal";
import { iso } from "./span";
import { create, estimateOf, isOpen } from "./tasks";
import { line } from "./text";
import type { Task, World } from "./world";

interface Part {
  title: string;
  estimate: string | null;
}

function partsOf(task: Task, { parts, template, count }: Split): Part[] {
  if ((parts == null) === (template == null)) throw invalid("task", { pointer: "", detail: "give either parts, or template and count" });
  const many = parts?.length ?? count ?? 0;
  if (many < 2 || many > 20) throw invalid("task", { pointer: parts ? "/parts" : "/count", detail: "2 to 20 parts" });
  if (parts) return parts.map(({ title, estimate }, index) => ({ title: line("task", `/parts/${String(index)}/title`, title, 200, true), estimate: estimateOf(estimate ?? null, `/parts/${String(index)}/estimate`) }));
  const share = task.estimate && template === "equal" ? durationOf(Math.ceil((secondsOf(task.estimate) ?? 0) / many)) : null;
  return Array.from({ length: many }, (_, index) => {
    const suffix = template === "equal" ? `(${String(index + 1)}/${String(many)})` : `– ${String(Math.floor(((index + 1) * 100) / many))} %`;
    return { title: `${[...task.title].slice(0, 199 - suffix.length).join("").trimEnd()} ${suffix}`, estimate: share };
  });
}

/** By when each part, so that the last has the deadline of the whole. */
function deadlines(world: World, task: Task, parts: readonly Part[]): (string | null)[] {
  const whole = deadlineAt(task);
  if (whole === undefined || task.deadline === null) return parts.map(() => null);
  const seconds = parts.map(({ estimate }) => (estimate === null ? undefined : secondsOf(estimate)));
  const weights = seconds.every((it) => it !== undefined) ? seconds : parts.map(() => 1);
  const total = weights.reduce((sum, it) => sum + it, 0);
  let behind = total;
  return weights.map((weight) => {
    behind -= weight;
    if (behind === 0) return task.deadline;
    const at = whole - (Math.max(0, whole - world.now) * behind) / total;
    const zone = task.zone ?? "UTC";
    if (task.deadline?.length !== 10) return `${wallOf(at, zone).slice(0, 16)}:00`;
    const date = dateOf(at - 1, zone);
    return date < task.deadline ? date : task.deadline;
  });
}

export function split(world: World, task: Task, asked: Split, isDry: boolean): SplitView {
  if (!isOpen(task)) throw new Refusal(409, "task.closed", "the task is completed or archived: reopen or unarchive it before work on it is planned");
  const parts = partsOf(task, asked);
  const by = deadlines(world, task, parts);
  let before = task.depends_on;
  const views = parts.map(({ title, estimate }, index): PartView => {
    const deadline = by[index] ?? null;
    const at = deadlineAt({ deadline, zone: task.zone });
    const view = { title, estimate, deadline, deadline_at: at === undefined ? null : iso(at) };
    if (isDry) return { id: null, ...view };
    const { importance, difficulty, category_id, tags, zone } = task;
    const { id } = create(world, { title, estimate, deadline, time_zone: zone, importance, difficulty, category_id, tags, parent_id: task.id, depends_on: before });
    before = [id];
    return { id, ...view };
  });
  return { dry_run: isDry, parts: views };
}

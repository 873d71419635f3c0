// The tasks that a refusal names.
import { Refused } from "../../api/problem";

interface Named {
  cycle?: string[];
  blocked_by?: string[];
  open_subtasks?: string[];
}

/** The circle that a change would make, each waiting for the next. */
export function cycleOf(failure: unknown): string[] | undefined {
  return failure instanceof Refused && failure.code === "task.cycle" ? (failure.problem as Named).cycle : undefined;
}

/** What has to be done before a task is complete, if that is why it was refused. */
export function standsAgainst(failure: unknown): { why: "blocked" | "parts"; ids: string[] } | undefined {
  if (!(failure instanceof Refused)) return undefined;
  const { blocked_by, open_subtasks } = failure.problem as Named;
  if (failure.code === "task.blocked" && blocked_by) return { why: "blocked", ids: blocked_by };
  if (failure.code === "task.open_subtasks" && open_subtasks) return { why: "parts", ids: open_subtasks };
  return undefined;
}

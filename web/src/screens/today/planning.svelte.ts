// Putting tasks into the day, and taking them out again.
import { api, must, wish } from "../../api/client";
import { Postponed } from "../../api/problem";
import type { ScheduleView, TaskView } from "../../api/schema";
import { durationOf } from "../../time/duration";
import { nearDayAndTime } from "../../time/format";
import { now } from "../../time/now";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import { type Questions, type Way, isTaken } from "../calendar/questions.svelte";
import { today } from "./words";

/** Plans a session of `task` from `start` on for so many seconds; asks if the time has been taken meanwhile. */
export async function planAt(task: TaskView, start: number, seconds: number, questions: Questions): Promise<void> {
  let way: Way | undefined;
  for (;;) {
    const body = { start: way && "start" in way ? way.start : new Date(start).toISOString(), duration: durationOf(seconds) };
    const query = way && "allow" in way ? { on_conflict: "allow" as const } : {};
    try {
      const made = await must(api.POST("/api/v1/tasks/{id}/schedules", { params: { path: { id: task.id }, query, header: wish() }, body }));
      toasts.show({ text: today.planned(task.title, nearDayAndTime(made.start_at, now.exact)), tone: "good", undo: () => unplan(task.title, made) });
      return;
    } catch (error) {
      if (!isTaken(error)) return refused(error);
      way = await questions.way(error, seconds * 1_000);
      if (!way) return;
    }
  }
}

async function unplan(title: string, { id, version }: ScheduleView): Promise<void> {
  try {
    await must(api.DELETE("/api/v1/schedules/{id}", { params: { path: { id }, query: {}, header: { "if-match": `"${String(version)}"` } } }));
    toasts.show({ text: today.notPlanned(title) });
  } catch (error) {
    refused(error);
  }
}

/** Lets the server find time for `tasks` in the next seven days, and plans it there. */
export async function findTime(tasks: readonly TaskView[]): Promise<void> {
  try {
    // It takes at most fifty at a time; those whose deadline passed first come first.
    const task_ids = tasks.slice(0, 50).map(({ id }) => id);
    const { proposals } = await must(api.POST("/api/v1/suggestions", { params: { header: wish() }, body: { task_ids, commit: true } }));
    const ids = proposals.flatMap(({ schedule_id }) => schedule_id ?? []);
    if (ids.length === 0) return toasts.show({ text: today.foundNone });
    const undo = async (): Promise<void> => {
      try {
        await must(api.POST("/api/v1/schedules/bulk-delete", { params: { header: wish() }, body: { ids } }));
        toasts.show({ text: today.foundUndone });
      } catch (error) {
        refused(error);
      }
    };
    toasts.show({ text: today.found(ids.length), tone: "good", undo });
  } catch (error) {
    refused(error);
  }
}

function refused(error: unknown): void {
  toasts.show({ text: explain(error), tone: error instanceof Postponed ? "plain" : "bad" });
}

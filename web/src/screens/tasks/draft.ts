// What is typed into the form of a task, and what of it is sent: all of a new one, and of another only what was changed.
import type { NewTask, TaskChange, TaskReminderDraft, TaskView } from "../../api/schema";
import { durationOf, secondsOf } from "../../time/duration";
import { addDays, instantOf, wallOf } from "../../time/zone";

export const DIFFICULTIES = [1, 2, 3, 5, 8, 13, 21] as const;
/** Leads before a deadline that are offered, in seconds. */
export const LEADS = [600, 1_800, 3_600, 10_800, 86_400, 172_800, 604_800] as const;

/** One reminder before a deadline: so long before it, or at a wall time in the shown zone. */
export interface Ring {
  kind: "before" | "at";
  seconds: number;
  at: string;
  critical: boolean;
}

export interface Draft {
  title: string;
  description: string;
  due: "never" | "date" | "time";
  date: string;
  time: string;
  zone: string;
  importance: number;
  difficulty: number;
  hours: number | undefined;
  minutes: number | undefined;
  category: string;
  tags: string[];
  parent: string | undefined;
  depends: string[];
  /** Whether the lead of the profile is left to the server; only of what is new. */
  usual: boolean;
  rings: Ring[];
  overdue: boolean;
}

/** What the form shows at first: the task, or a new one that is due `today` if somebody gives it a deadline. */
export function draftOf(task: TaskView | undefined, today: string, zone: string): Draft {
  if (!task) {
    return {
      title: "",
      description: "",
      due: "never",
      date: addDays(today, 1),
      time: "18:00",
      zone,
      importance: 5,
      difficulty: 3,
      hours: undefined,
      minutes: undefined,
      category: "",
      tags: [],
      parent: undefined,
      depends: [],
      usual: true,
      rings: [],
      overdue: true,
    };
  }
  const { deadline } = task;
  const estimate = task.estimate ? secondsOf(task.estimate) : undefined;
  return {
    title: task.title,
    description: task.description,
    due: !deadline ? "never" : deadline.length === 10 ? "date" : "time",
    date: deadline?.slice(0, 10) ?? addDays(today, 1),
    time: deadline?.slice(11, 16) || "18:00",
    zone: task.time_zone ?? zone,
    importance: task.importance,
    difficulty: task.difficulty,
    hours: estimate === undefined ? undefined : Math.floor(estimate / 3_600),
    minutes: estimate === undefined ? undefined : Math.round((estimate % 3_600) / 60),
    category: task.category_id ?? "",
    tags: task.tags,
    parent: task.parent_id ?? undefined,
    depends: task.depends_on,
    // What has no deadline has no reminders that anybody chose.
    usual: !deadline,
    rings: task.reminders.map(({ before, at, critical }) => ({
      kind: at ? "at" : "before",
      seconds: (before && secondsOf(before)) || 1_800,
      at: at ? wallOf(at, zone).slice(0, 16) : "",
      critical,
    })),
    overdue: task.remind_overdue,
  };
}

/** The deadline as the API takes it. */
export function deadlineOf({ due, date, time }: Draft): string | null {
  if (due === "never" || !date) return null;
  return due === "date" ? date : `${date}T${time || "00:00"}:00`;
}

/** The estimate as the API takes it; nothing typed is no estimate. */
export function estimateOf({ hours, minutes }: Draft): string | null {
  const seconds = Math.round((hours ?? 0) * 60 + (minutes ?? 0)) * 60;
  return seconds > 0 ? durationOf(seconds) : null;
}

/** The reminders as the API takes them; undefined where the server's own choice stands. */
export function ringsOf({ usual, rings }: Draft, zone: string): TaskReminderDraft[] | undefined {
  if (usual) return undefined;
  return rings.map(({ kind, seconds, at, critical }) => ({
    ...(kind === "before" ? { before: durationOf(seconds) } : { at: instantOf(`${at}:00`, zone).toISOString() }),
    ...(critical ? { critical } : {}),
  }));
}

/** All of a new task. */
export function newTask(draft: Draft, zone: string): NewTask {
  const deadline = deadlineOf(draft);
  const [estimate, reminders] = [estimateOf(draft), deadline ? ringsOf(draft, zone) : undefined];
  return {
    title: draft.title,
    ...(draft.description ? { description: draft.description } : {}),
    ...(deadline ? { deadline, time_zone: draft.zone, remind_overdue: draft.overdue } : {}),
    importance: draft.importance,
    difficulty: draft.difficulty,
    ...(estimate ? { estimate } : {}),
    ...(draft.parent ? { parent_id: draft.parent } : {}),
    ...(draft.depends.length > 0 ? { depends_on: draft.depends } : {}),
    ...(draft.category ? { category_id: draft.category } : {}),
    ...(draft.tags.length > 0 ? { tags: draft.tags } : {}),
    ...(reminders ? { reminders } : {}),
  };
}

/** What `after` changes of `before`: a field nobody touched is not sent, so that it cannot undo what somebody else changed. */
export function changeOf(before: Draft, after: Draft, zone: string): TaskChange {
  const change: TaskChange = {};
  const differ = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other);
  if (before.title !== after.title) change.title = after.title;
  if (before.description !== after.description) change.description = after.description;
  const deadline = deadlineOf(after);
  const moved = deadline !== deadlineOf(before) || (deadline !== null && before.zone !== after.zone);
  if (moved) {
    change.deadline = deadline;
    if (deadline) change.time_zone = after.zone;
  }
  if (before.importance !== after.importance) change.importance = after.importance;
  if (before.difficulty !== after.difficulty) change.difficulty = after.difficulty;
  if (estimateOf(before) !== estimateOf(after)) change.estimate = estimateOf(after);
  if (before.parent !== after.parent) change.parent_id = after.parent ?? null;
  if (differ([...before.depends].sort(), [...after.depends].sort())) change.depends_on = after.depends;
  if (before.category !== after.category) change.category_id = after.category || null;
  if (differ(before.tags, after.tags)) change.tags = after.tags;
  if (deadline && differ([before.usual, before.rings], [after.usual, after.rings])) {
    const reminders = ringsOf(after, zone);
    if (reminders) change.reminders = reminders;
  }
  if (deadline && before.overdue !== after.overdue) change.remind_overdue = after.overdue;
  return change;
}

/** `next` among `tags`, once: of names that differ in case alone, the first stays. */
export function withTag(tags: readonly string[], next: string): string[] {
  const name = next.trim().normalize("NFC");
  const there = tags.some((tag) => tag.toLowerCase() === name.toLowerCase());
  return name && !there ? [...tags, name] : [...tags];
}

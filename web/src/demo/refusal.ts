// What the demonstration refuses, in the form and with the codes of the server (docs/errors.md), and `demo.not_available` for what
// needs one.
import type { FieldError, Problem } from "../api/schema";

const TITLES: Readonly<Record<string, string>> = {
  "body.invalid": "Invalid body",
  "body.malformed": "Malformed body",
  "category.cycle": "Below itself",
  "category.has_children": "Others lie below",
  "category.invalid": "Invalid category",
  "category.name_taken": "Name taken",
  "category.not_found": "No such category",
  "category.too_deep": "Too deep",
  "category.version_mismatch": "Changed meanwhile",
  "category.version_required": "Version required",
  "comment.not_found": "No such comment",
  "comment.not_yours": "Somebody else's",
  "comment.version_mismatch": "Changed meanwhile",
  "cursor.malformed": "Malformed cursor",
  "demo.not_available": "Not in the demonstration",
  "id.malformed": "Malformed id",
  "idempotency.other_request": "Idempotency key already used",
  "identity.invalid": "Invalid field",
  "identity.version_mismatch": "Changed meanwhile",
  "identity.version_required": "Version required",
  "invitation.not_found": "No such invitation",
  "notification.not_found": "No such notification",
  "planning.invalid": "Invalid plan",
  "product.invalid": "Invalid product",
  "product.not_found": "No such product",
  "product.out_of_stock": "Nothing in stock",
  "product.version_mismatch": "Changed meanwhile",
  "query.invalid": "Invalid query",
  "recipient.invalid": "Invalid recipient",
  "recipient.not_found": "No such recipient",
  "recipient.version_mismatch": "Changed meanwhile",
  "reminder.invalid": "Invalid reminder",
  "reminder.not_active": "Reminder not active",
  "reminder.not_found": "No such reminder",
  "room.dedupe_key_taken": "Dedupe key already used",
  "room.forbidden": "Not yours to do here",
  "room.invalid": "Invalid room",
  "room.item_not_found": "Nothing there",
  "room.last_owner": "The last owner",
  "room.member_not_found": "Not in this room",
  "room.not_found": "No such room",
  "room.version_mismatch": "Changed meanwhile",
  "room.version_required": "Version required",
  "round.expires_in_the_past": "Over before it begins",
  "round.finished": "Ended for good",
  "round.in_progress": "In progress already",
  "round.not_found": "No such round",
  "round.not_in_progress": "Not in progress",
  "round.sold_out": "Nothing in stock",
  "round.version_mismatch": "Changed meanwhile",
  "route.not_found": "No such address",
  "schedule.another_running": "Another is in progress",
  "schedule.conflict": "Time is taken",
  "schedule.illegal_transition": "Not from here",
  "schedule.invalid": "Invalid schedule",
  "schedule.not_an_occurrence": "No such occurrence",
  "schedule.not_deleted": "Not deleted",
  "schedule.not_found": "No such schedule",
  "schedule.recurrence_never_occurs": "Never occurs",
  "schedule.rrule_contradictory": "Contradictory rule",
  "schedule.rrule_malformed": "Malformed rule",
  "schedule.rrule_out_of_range": "Rule out of range",
  "schedule.rrule_unsupported": "Unsupported rule",
  "schedule.running": "In progress",
  "schedule.version_mismatch": "Changed meanwhile",
  "schedule.version_required": "Version required",
  "subscription.bad_lines": "Bad lines",
  "subscription.not_found": "Never subscribed",
  "subscription.too_many_lines": "Too many lines",
  "tag.invalid": "Invalid tag",
  "tag.name_taken": "Name taken",
  "tag.not_found": "No such tag",
  "tag.version_mismatch": "Changed meanwhile",
  "tag.version_required": "Version required",
  "task.blocked": "Something comes first",
  "task.closed": "Task closed",
  "task.cycle": "Waiting in a circle",
  "task.invalid": "Invalid task",
  "task.not_found": "No such task",
  "task.open_subtasks": "Open subtasks",
  "task.version_mismatch": "Changed meanwhile",
  "task.version_required": "Version required",
};

/** A refusal on its way to whoever asked. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Members beside those of every problem, such as `conflicts`. */
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }

  get problem(): Problem & Record<string, unknown> {
    return {
      type: `/docs/errors#${this.code}`,
      title: TITLES[this.code] ?? "Refused",
      status: this.status,
      detail: this.message,
      code: this.code,
      ...this.more,
      trace_id: "0".repeat(32),
    };
  }
}

/** Fields that are wrong, of a schedule, a task, a profile … */
export function invalid(kind: "schedule" | "task" | "category" | "tag" | "identity" | "planning" | "query" | "reminder" | "room" | "product" | "recipient", ...errors: FieldError[]): Refusal {
  const details = { schedule: "the schedule is not valid", task: "the task is not valid", category: "the category is not valid", tag: "the tag is not valid", identity: "a field is not valid", planning: "the plan is not valid", query: "the query is not valid", reminder: "the request is not valid", room: "the room is not valid", product: "what was sent about the product is not valid", recipient: "what was sent about the recipient is not valid" };
  return new Refusal(422, `${kind}.invalid`, details[kind], { errors });
}

export function notFound(kind: "schedule" | "task" | "reminder" | "notification" | "category" | "tag" | "room" | "invitation" | "comment" | "product" | "recipient" | "subscription" | "round"): Refusal {
  return new Refusal(404, `${kind}.not_found`, `there is no such ${kind}`);
}

/** For what only a server can do. */
export function notAvailable(detail: string): Refusal {
  return new Refusal(501, "demo.not_available", detail);
}

/** Holds `If-Match` against the version that is there, as the server does; `needed`: without it nothing is changed. */
export function match(kind: "schedule" | "task" | "category" | "tag" | "identity" | "room" | "comment" | "product" | "recipient", given: string | undefined, version: number, needed: boolean): void {
  if (given === undefined) {
    if (needed) throw new Refusal(428, `${kind}.version_required`, "send If-Match with the ETag of the version you changed, or * to change whatever is there");
    return;
  }
  if ((given === "*" && version > 0) || given === `"${String(version)}"`) return;
  throw new Refusal(412, `${kind}.version_mismatch`, `it was changed in the meantime: it is now version ${String(version)}; read it again and repeat`);
}

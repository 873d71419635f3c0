// What has to be asked before something can be done: which occurrences of a series are meant, and what to do when the time is
// taken. Whoever asks waits for the answer; `Questions.svelte` shows what is asked.
import type { Conflict } from "../../api/problem";
import { Refused } from "../../api/problem";
import type { ScheduleView } from "../../api/schema";

export type Scope = "this" | "following" | "all";
export type Deed = "move" | "change" | "delete";
/** Have it nevertheless, or begin at another instant. */
export type Way = { allow: true } | { start: string };

export interface ScopeAsked {
  deed: Deed;
  it: ScheduleView;
  /** Something is changed that belongs to the whole. */
  notThis: boolean;
  answer: (scope: Scope | undefined) => void;
}

export interface WayAsked {
  detail: string;
  conflicts: readonly Conflict[];
  truncated: boolean;
  /** Beginnings the server offers. */
  free: readonly { start: string; end: string }[];
  /** How long it is, in milliseconds, to say until when it would go. */
  length: number;
  answer: (way: Way | undefined) => void;
}

export class Questions {
  #scope = $state.raw<ScopeAsked>();
  #way = $state.raw<WayAsked>();

  get scopeAsked(): ScopeAsked | undefined {
    return this.#scope;
  }

  get wayAsked(): WayAsked | undefined {
    return this.#way;
  }

  /** Which occurrences; of what happens once, all of it, without asking. Nothing if it is not to be. */
  async scope(deed: Deed, it: ScheduleView, notThis = false): Promise<Scope | undefined> {
    if (!it.recurrence_id) return "all";
    return new Promise((resolve) => {
      this.#scope = {
        deed,
        it,
        notThis,
        answer: (scope) => {
          this.#scope = undefined;
          resolve(scope);
        },
      };
    });
  }

  /** What to do about a refusal for want of time. */
  async way({ problem }: Refused, length: number): Promise<Way | undefined> {
    return new Promise((resolve) => {
      this.#way = {
        detail: problem.detail,
        conflicts: problem.conflicts ?? [],
        truncated: problem.conflicts_truncated ?? false,
        free: problem.free_slots ?? [],
        length,
        answer: (way) => {
          this.#way = undefined;
          resolve(way);
        },
      };
    });
  }
}

/** Whether the server refused because the time is taken, or because it cannot tell. */
export function isTaken(error: unknown): error is Refused {
  return error instanceof Refused && (error.code === "schedule.conflict" || error.code === "schedule.calendar_too_dense");
}

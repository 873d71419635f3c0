// What is done with a task, from its line in the list and from its page: at once, told in a toast, and undone from there.
import { api, must, wish } from "../../api/client";
import { Postponed, Refused } from "../../api/problem";
import type { TaskView } from "../../api/schema";
import { account } from "../../account/account.svelte";
import { now } from "../../time/now";
import { addDays, dateOf } from "../../time/zone";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import { dueInWords } from "./due";
import { names } from "./names.svelte";
import { standsAgainst } from "./refused";
import { tasks } from "./words";

/** Completing was refused for something that somebody may overrule. */
export interface Question {
  task: TaskView;
  why: "blocked" | "parts";
  ids: string[];
}

/** How a wish fared: `waits` is on this device until the server can be told. */
export type Fate = "done" | "waits" | "refused";

class Deeds {
  #question = $state.raw<Question>();
  /** Deleted, but only here until its toast is gone. */
  #parting = $state.raw<ReadonlySet<string>>(new Set());

  get question(): Question | undefined {
    return this.#question;
  }

  answer(): void {
    this.#question = undefined;
  }

  /** Without what is about to be deleted. */
  staying(items: readonly TaskView[]): TaskView[] {
    return items.filter(({ id }) => !this.#parting.has(id));
  }

  async complete(task: TaskView, force = false): Promise<Fate> {
    const refused = (error: unknown): boolean => {
      const against = standsAgainst(error);
      if (!against) return false;
      void names.want(against.ids);
      this.#question = { task, ...against };
      return true;
    };
    const fate = await told(() => must(api.POST("/api/v1/tasks/{id}/complete", { params: { path: { id: task.id }, query: force ? { force } : {}, header: wish() } })), refused);
    if (fate === "done") toasts.show({ text: tasks.done(task.title), tone: "good", undo: async () => void (await this.reopen(task, true)) });
    return fate;
  }

  async reopen(task: TaskView, quiet = false): Promise<Fate> {
    const fate = await told(() => must(api.POST("/api/v1/tasks/{id}/reopen", { params: { path: { id: task.id }, header: wish() } })));
    if (fate === "done" && !quiet) toasts.show({ text: tasks.reopened(task.title), undo: async () => void (await this.complete(task, true)) });
    return fate;
  }

  async archive(task: TaskView, quiet = false): Promise<void> {
    const fate = await told(() => must(api.POST("/api/v1/tasks/{id}/archive", { params: { path: { id: task.id }, header: wish() } })));
    if (fate === "done" && !quiet) toasts.show({ text: tasks.putAway(task.title), undo: () => this.unarchive(task, true) });
  }

  async unarchive(task: TaskView, quiet = false): Promise<void> {
    const fate = await told(() => must(api.POST("/api/v1/tasks/{id}/unarchive", { params: { path: { id: task.id }, header: wish() } })));
    if (fate === "done" && !quiet) toasts.show({ text: tasks.takenOut(task.title), undo: () => this.archive(task, true) });
  }

  /** A new deadline for what is overdue: tomorrow, at the time of day it had. */
  async toTomorrow(task: TaskView): Promise<void> {
    const before = { deadline: task.deadline ?? null, time_zone: task.time_zone ?? null };
    const zone = task.time_zone ?? account.zone;
    const deadline = `${addDays(dateOf(now.exact, zone), 1)}${task.deadline?.slice(10) ?? ""}`;
    const change = (body: { deadline: string | null; time_zone: string | null }, version: string) =>
      must(api.PATCH("/api/v1/tasks/{id}", { params: { path: { id: task.id }, header: { ...wish(), "if-match": version } }, body }));
    const moved: TaskView[] = [];
    await told(async () => moved.push(await change({ deadline, time_zone: zone }, `"${String(task.version)}"`)));
    for (const after of moved) {
      const undo = async (): Promise<void> => void (await told(() => change(before, `"${String(after.version)}"`)));
      toasts.show({ text: tasks.moved(dueInWords(after, now.exact, account.zone)), tone: "good", undo });
    }
  }

  /**
   * Takes it out of sight, and deletes it on the server, where that is final, when its toast is gone without having been undone.
   * Who closes the page before that has deleted it too.
   */
  delete(task: TaskView, sessions: "keep" | "delete"): void {
    this.#parting = new Set([...this.#parting, task.id]);
    let settled = false;
    const stay = (): void => {
      this.#parting = new Set([...this.#parting].filter((id) => id !== task.id));
    };
    const go = (): void => {
      if (settled) return;
      settled = true;
      finish();
      void told(() => must(api.DELETE("/api/v1/tasks/{id}", { params: { path: { id: task.id }, query: { sessions } }, keepalive: true }))).then((fate) => {
        // What is deleted stays out of sight: a list that was asked for before may still name it.
        if (fate === "refused") stay();
      });
    };
    const undo = (): void => {
      settled = true;
      finish();
      stay();
    };
    toasts.show({ text: tasks.deletedOne(task.title), undo });
    const stop = $effect.root(() => {
      $effect(() => {
        if (!toasts.shown.some((toast) => toast.undo === undo)) go();
      });
    });
    addEventListener("pagehide", go);
    const finish = (): void => {
      removeEventListener("pagehide", go);
      stop();
    };
  }
}

/** Does it, and tells what came of it, unless `answered` has something to say of the refusal. */
async function told(deed: () => Promise<unknown>, answered: (refusal: unknown) => boolean = () => false): Promise<Fate> {
  try {
    await deed();
    return "done";
  } catch (error) {
    // Gone is what was wanted, or at least nothing that can be done better.
    if (error instanceof Refused && error.status === 404) return "done";
    if (answered(error)) return "refused";
    const waits = error instanceof Postponed;
    toasts.show({ text: explain(error), tone: waits ? "plain" : "bad" });
    return waits ? "waits" : "refused";
  }
}

export const deeds = new Deeds();

// What is in progress, the same on every device: read from the server, and again whenever the stream tells of a step. Every screen begins,
// pauses and completes work through this, so that "something else is running" is asked in one place.
import { api, must, wish } from "../../api/client";
import { Postponed, Refused } from "../../api/problem";
import type { Happening, ScheduleView, TaskView } from "../../api/schema";
import { live } from "../../live/live.svelte";
import { upTo } from "../../live/pages";
import { Resource } from "../../live/resource.svelte";
import { durationOf, secondsOf } from "../../time/duration";
import { now } from "../../time/now";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import { type Item, sessionToBegin, shownOf } from "./work";
import { player as text } from "./words";

/** Why a beginning was refused, and what would let it happen. */
export interface Question {
  kind: "running" | "blocked";
  title: string;
  /** What is in the way, by name. */
  names: string[];
  again: () => Promise<Taken>;
}

/** The schedule as it is after a step; nothing if the step was not taken. */
type Taken = ScheduleView | undefined;

/** What may be done about what is in the way. */
interface Ways {
  auto_suspend?: boolean;
  force?: boolean;
}

/** The longest that is planned for work that begins unplanned; it may go on longer. */
const [USUAL, LONGEST] = [3_600, 5_400];

class Player {
  readonly #work = new Resource<ScheduleView | undefined>();
  #question = $state.raw<Question>();
  #busy = $state(false);

  constructor() {
    const soon = (): void => this.#work.soon();
    live.listen({ stream: "me", kinds: ["progress.changed", "schedule.changed"], event: soon, reload: soon });
  }

  /** What is in progress, or was laid aside lately. */
  get item(): ScheduleView | undefined {
    return this.#work.data;
  }

  /** Whether a step is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  get question(): Question | undefined {
    return this.#question;
  }

  answer(): void {
    this.#question = undefined;
  }

  /** Follows what is in progress from now on. */
  follow(): void {
    void this.#work.read(async () => {
      const list = (progress: "IN_PROGRESS" | "SUSPENDED", want: number) =>
        upTo(want, (limit, cursor) => must(api.GET("/api/v1/schedules", { params: { query: { progress, limit, ...(cursor ? { cursor } : {}) } } })));
      const running = await list("IN_PROGRESS", 1);
      const aside = running.items.length > 0 ? [] : (await list("SUSPENDED", 50)).items;
      return shownOf(running.items, aside, now.exact);
    });
  }

  /** Nobody is there any more. */
  forget(): void {
    this.#work.forget();
    this.#work.set(undefined);
    this.#question = undefined;
  }

  /** Begins, or goes on. What is in the way becomes a question. */
  start(item: Item & { title: string }, ways: Ways = {}): Promise<Taken> {
    return this.#step(
      () => must(api.POST("/api/v1/schedules/{id}/start", { params: { path: { id: item.id }, query: ways, header: wish() }, body: which(item) })),
      (refused) => this.#inTheWay(refused, item.title, (more) => this.start(item, { ...ways, ...more })),
    );
  }

  suspend(item: Item): Promise<Taken> {
    return this.#step(() => must(api.POST("/api/v1/schedules/{id}/suspend", { params: { path: { id: item.id }, header: wish() }, body: which(item) })));
  }

  complete(item: Item): Promise<Taken> {
    return this.#step(() => must(api.POST("/api/v1/schedules/{id}/complete", { params: { path: { id: item.id }, header: wish() }, body: which(item) })));
  }

  cancel(item: Item): Promise<Taken> {
    return this.#step(() => must(api.POST("/api/v1/schedules/{id}/cancel", { params: { path: { id: item.id }, header: wish() }, body: which(item) })));
  }

  /** Begins work on a task: in the session that is laid aside or planned for about now, or in a new one. */
  async startTask(task: Pick<TaskView, "id" | "title" | "estimate" | "blocked_by">, ways: Ways = {}): Promise<Taken> {
    if (this.#busy) return undefined;
    try {
      const { items } = await upTo(200, (limit, cursor) => must(api.GET("/api/v1/tasks/{id}/schedules", { params: { path: { id: task.id }, query: { limit, ...(cursor ? { cursor } : {}) } } })));
      const session = sessionToBegin(items, now.exact);
      if (session) return await this.start(session, ways);
      // Asked before a session is made, so that nothing is left in the calendar by who changes their mind.
      const again = (more: Ways): Promise<Taken> => this.startTask(task, { ...ways, ...more });
      if (task.blocked_by.length > 0 && !ways.force) return await this.#ask("blocked", task.title, task.blocked_by, () => again({ force: true }));
      const running = this.item?.progress.state === "IN_PROGRESS" ? this.item : undefined;
      if (running && !ways.auto_suspend) {
        this.#question = { kind: "running", title: task.title, names: [running.title], again: () => again({ auto_suspend: true }) };
        return undefined;
      }
      const length = Math.min(LONGEST, Math.max(300, (task.estimate && secondsOf(task.estimate)) || USUAL));
      const made = await must(
        api.POST("/api/v1/tasks/{id}/schedules", {
          params: { path: { id: task.id }, query: { on_conflict: "allow" }, header: wish() },
          // It happens now: there is nothing to be reminded of.
          body: { start: new Date(Math.floor(now.exact / 1_000) * 1_000).toISOString(), duration: durationOf(length), reminders: [] },
        }),
      );
      return await this.start(made, ways);
    } catch (error) {
      toasts.show({ text: explain(error), tone: "bad" });
      return undefined;
    }
  }

  async #step(send: () => Promise<ScheduleView>, refused?: (refusal: Refused) => Promise<boolean>): Promise<Taken> {
    if (this.#busy) return undefined;
    this.#busy = true;
    try {
      const answer = await send();
      const { state } = answer.progress;
      // The answer is at hand before its event is.
      if (state === "IN_PROGRESS" || state === "SUSPENDED") this.#work.set(answer);
      else this.#work.set(undefined);
      this.#work.soon();
      return answer;
    } catch (error) {
      if (error instanceof Refused && (await refused?.(error))) return undefined;
      toasts.show({ text: explain(error), tone: error instanceof Postponed ? "plain" : "bad" });
      this.#work.soon();
      return undefined;
    } finally {
      this.#busy = false;
    }
  }

  /** Makes a question of a refusal that somebody can answer. */
  async #inTheWay(refused: Refused, title: string, again: (more: Ways) => Promise<Taken>): Promise<boolean> {
    const { running, blocked_by } = refused.problem as { running?: { schedule_id: string }; blocked_by?: string[] };
    if (refused.code === "schedule.another_running" && running) {
      await this.#ask("running", title, [running.schedule_id], () => again({ auto_suspend: true }));
      return true;
    }
    if (refused.code === "task.blocked" && blocked_by) {
      await this.#ask("blocked", title, blocked_by, () => again({ force: true }));
      return true;
    }
    return false;
  }

  /** Asks, with the names of what is in the way. */
  async #ask(kind: Question["kind"], title: string, ids: string[], again: Question["again"]): Promise<undefined> {
    const nameOf = (id: string): Promise<{ title: string }> =>
      kind === "running" ? must(api.GET("/api/v1/schedules/{id}", { params: { path: { id } } })) : must(api.GET("/api/v1/tasks/{id}", { params: { path: { id } } }));
    const names = await Promise.all(ids.slice(0, 5).map((id) => nameOf(id).then(({ title }) => title, () => text.something)));
    this.#question = { kind, title, names, again };
    return undefined;
  }
}

function which({ recurrence_id }: Item): Happening {
  return { recurrence_id: recurrence_id ?? null, at: null };
}

export const player = new Player();

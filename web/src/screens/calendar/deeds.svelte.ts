// What is done to schedules that are shown: moved, deleted, begun, completed. It is shown at once, put back with the server's words if
// it is refused, and can be undone where there is a way back.
import { api, must, wish } from "../../api/client";
import { Postponed } from "../../api/problem";
import type { ScheduleChange, ScheduleView } from "../../api/schema";
import type { Resource } from "../../live/resource.svelte";
import { player } from "../../shell/player/player.svelte";
import { isOnlyTicked } from "../../shell/player/work";
import { dateOf } from "../../time/zone";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import { type Times, changeOf, forAll, shifted, shown } from "./moves";
import { keyOf, whenOf } from "./occurrence";
import { type Questions, type Scope, type Way, isTaken } from "./questions.svelte";
import { calendar } from "./words";

export interface Occurrences {
  items: ScheduleView[];
  more: boolean;
}

export type Step = "start" | "suspend" | "complete" | "cancel";

/** How long it is, in milliseconds. */
export function lengthOf({ start_at, end_at }: ScheduleView): number {
  return Date.parse(end_at) - Date.parse(start_at);
}

/** What a change becomes in the way that was chosen. */
export function inWay(way: Way | undefined, change: ScheduleChange, it: Pick<ScheduleView, "all_day" | "start" | "end" | "time_zone">): ScheduleChange {
  if (!way || "allow" in way) return change;
  if (!it.all_day) return { ...change, start: way.start, ...(change.end ? { end: null } : {}) };
  return { ...change, start: dateOf(way.start, it.time_zone) };
}

export class Deeds {
  constructor(
    private readonly list: Resource<Occurrences>,
    private readonly questions: Questions,
  ) {}

  /** Puts `it` where it was dragged or drawn to; answers whether it is there. */
  async move(it: ScheduleView, after: Times): Promise<boolean> {
    const scope = await this.questions.scope("move", it);
    if (!scope) return false;
    const meant = (other: ScheduleView): boolean => isMeant(other, it, scope);
    const put = (): (() => void) => this.#show((items) => items.map((other) => (meant(other) ? shown(other, forAll(other, it, after)) : other)));
    let back = put();
    try {
      const base = scope === "all" && it.recurrence_id ? await read(it.id) : it;
      const change = changeOf(base, forAll(base, it, after));
      let way: Way | undefined;
      for (;;) {
        try {
          const moved = await patch(it, scope, inWay(way, change, it), base.version, way !== undefined && "allow" in way);
          const undo = scope === "following" && it.recurrence_id ? undefined : () => this.#putBack(it, scope, base, moved.version);
          toasts.show({ text: calendar.moved(it.title, whenOf(way && "start" in way ? moved : shown(it, after))), tone: "good", ...(undo ? { undo } : {}) });
          this.list.soon();
          return true;
        } catch (error) {
          if (!isTaken(error)) throw error;
          back();
          way = await this.questions.way(error, lengthOf(shown(it, after)));
          if (!way) return false;
          back = "allow" in way ? put() : () => undefined;
        }
      }
    } catch (error) {
      return this.#refused(error, back);
    }
  }

  async #putBack(it: ScheduleView, scope: Scope, base: Times, version: number): Promise<void> {
    try {
      await patch(it, scope, { start: base.start, end: base.end }, version, true);
      toasts.show({ text: calendar.restored(it.title) });
    } catch (error) {
      this.#refused(error);
      return;
    }
    this.list.soon();
  }

  /** Deletes `it`; answers whether it is gone. */
  async remove(it: ScheduleView): Promise<boolean> {
    const scope = await this.questions.scope("delete", it);
    if (!scope) return false;
    const back = this.#show((items) => items.filter((other) => !isMeant(other, it, scope)));
    try {
      const whole = it.recurrence_id ? await read(it.id) : it;
      const query = scope === "all" ? {} : { scope, recurrence_id: it.recurrence_id ?? "" };
      await must(api.DELETE("/api/v1/schedules/{id}", { params: { path: { id: it.id }, query, header: { "if-match": etag(whole.version) } } }));
      toasts.show({ text: calendar.deleted(it.title), undo: () => this.#restore(whole, scope) });
      this.list.soon();
      return true;
    } catch (error) {
      return this.#refused(error, back);
    }
  }

  async #restore(whole: ScheduleView, scope: Scope): Promise<void> {
    const restore = (): Promise<unknown> =>
      must(api.POST("/api/v1/schedules/{id}/restore", { params: { path: { id: whole.id }, query: { on_conflict: "allow" }, header: wish() } }));
    try {
      const left = scope === "all" ? undefined : await read(whole.id).catch(() => undefined);
      // Where an occurrence was the last, the whole lies in the trash.
      if (left && !left.deleted_at && whole.recurrence) await patch(left, "all", { recurrence: whole.recurrence }, left.version, true);
      else await restore();
      toasts.show({ text: calendar.restored(whole.title) });
    } catch (error) {
      this.#refused(error);
      return;
    }
    this.list.soon();
  }

  /** Begins, pauses, completes or takes back the work on `it`. */
  async step(it: ScheduleView, step: Step): Promise<boolean> {
    const done = await player[step](it);
    if (done && step === "complete") {
      const undo = async (): Promise<void> => {
        await player.cancel(it);
        this.list.soon();
      };
      toasts.show({ text: calendar.completed(it.title), tone: "good", ...(isOnlyTicked(it, done) ? { undo } : {}) });
    }
    this.list.soon();
    return done !== undefined;
  }

  #show(change: (items: ScheduleView[]) => ScheduleView[]): () => void {
    const before = this.list.data;
    if (!before) return () => undefined;
    this.list.set({ ...before, items: change(before.items) });
    return () => this.list.set(before);
  }

  /** Says why not, and puts it back; answers whether it is on its way nevertheless. */
  #refused(error: unknown, back: () => void = () => undefined): boolean {
    const waits = error instanceof Postponed;
    toasts.show({ text: explain(error), tone: waits ? "plain" : "bad" });
    if (waits) return true;
    back();
    // Refused with 409 or 412, it is not what we thought it was.
    this.list.soon();
    return false;
  }
}

/** A schedule, of a series the whole of it. */
export async function read(id: string): Promise<ScheduleView> {
  return must(api.GET("/api/v1/schedules/{id}", { params: { path: { id } } }));
}

/** Changes `it`, or what `scope` means of its series. */
export async function patch(it: ScheduleView, scope: Scope, body: ScheduleChange, version: number, allow: boolean, key = wish()): Promise<ScheduleView> {
  const part = scope === "all" || !it.recurrence_id ? {} : { scope, recurrence_id: it.recurrence_id };
  const query = { ...part, ...(allow ? { on_conflict: "allow" as const } : {}) };
  return must(api.PATCH("/api/v1/schedules/{id}", { params: { path: { id: it.id }, query, header: { "if-match": etag(version), ...key } }, body }));
}

function etag(version: number): string {
  return `"${String(version)}"`;
}

function isMeant(other: ScheduleView, it: ScheduleView, scope: Scope): boolean {
  if (keyOf(other) === keyOf(it)) return true;
  return other.id === it.id && (scope === "all" || (scope === "following" && other.start >= it.start));
}

/** The beginning of the next quarter of an hour on the wall of the shown zone. */
export function nextQuarter(wall: string): string {
  const minutes = Number(wall.slice(14, 16));
  return shifted(`${wall.slice(0, 14)}00:00`, (Math.floor(minutes / 15) + 1) * 900);
}

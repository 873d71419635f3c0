// What tasks are called. Other tasks name them by their ids alone; each that nobody has read yet is asked for once.
import { SvelteMap } from "svelte/reactivity";

import { api, must } from "../../api/client";
import type { TaskView } from "../../api/schema";

type Known = Pick<TaskView, "id" | "title" | "state">;

class Names {
  readonly #known = new SvelteMap<string, Known>();
  readonly #asked = new Set<string>();

  /** Remembers what was read anyway. */
  hear(tasks: readonly TaskView[]): void {
    for (const { id, title, state } of tasks) {
      const before = this.#known.get(id);
      if (before?.title !== title || before.state !== state) this.#known.set(id, { id, title, state });
    }
  }

  /** What is known of a task; a dash until it is. */
  of(id: string): Known {
    return this.#known.get(id) ?? { id, title: "…", state: "OPEN" };
  }

  /** Asks for those of `ids` that are not known. */
  async want(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.#known.has(id) && !this.#asked.has(id));
    for (const id of missing) this.#asked.add(id);
    await Promise.all(
      missing.map((id) =>
        must(api.GET("/api/v1/tasks/{id}", { params: { path: { id } } })).then(
          (task) => this.hear([task]),
          // Another time, perhaps.
          () => this.#asked.delete(id),
        ),
      ),
    );
  }
}

export const names = new Names();

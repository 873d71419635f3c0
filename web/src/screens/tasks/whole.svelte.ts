// All that is still to be done, for what looks at how tasks hang together.
import { api, must } from "../../api/client";
import type { TaskView } from "../../api/schema";
import { upTo } from "../../live/pages";
import { type Resource, resource } from "../../live/resource.svelte";
import { names } from "./names.svelte";

/** Ten pages of the server. Whoever has more open tasks than that sees the ones that are due first. */
const MOST = 2_000;

/** In a component: every open task, up to date. */
export function openTasks(): Resource<{ items: TaskView[]; more: boolean }> {
  return resource(async () => {
    const all = await upTo(MOST, (limit, cursor) => must(api.GET("/api/v1/tasks", { params: { query: { limit, ...(cursor ? { cursor } : {}) } } })));
    names.hear(all.items);
    return all;
  }, ["task.changed"]);
}

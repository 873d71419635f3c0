// The next times of a series, as the server works them out: from the list of schedules, in a window that widens while it finds few.
import { api, must } from "../../api/client";
import type { ScheduleView } from "../../api/schema";
import { upTo } from "../../live/pages";

const DAY = 86_400_000;
/** Weekly is found in the first, yearly in the last. */
const WINDOWS = [45, 400, 1_900];
const WANTED = 5;
const LOOKED_AT = 400;

/** Up to five occurrences of the series `it` belongs to, from `from` on. */
export async function nextTimes(it: ScheduleView, from: number): Promise<ScheduleView[]> {
  // What is found by the words of its title is little, also in a full calendar; a title without a letter cannot be looked for.
  const words = /[\p{L}\p{N}]/u.test(it.title) ? { q: it.title.split(/\s+/).slice(0, 16).join(" ").slice(0, 200) } : {};
  let found: ScheduleView[] = [];
  for (const days of WINDOWS) {
    const query = { from: new Date(from).toISOString(), to: new Date(from + days * DAY).toISOString(), ...words };
    const { items, more } = await upTo(LOOKED_AT, (limit, cursor) => must(api.GET("/api/v1/schedules", { params: { query: { ...query, limit, ...(cursor ? { cursor } : {}) } } })));
    found = items.filter(({ id }) => id === it.id).slice(0, WANTED);
    if (found.length === WANTED || more) break;
  }
  return found;
}

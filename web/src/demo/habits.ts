// In which hours of the week somebody works: out of the ledger of the last twelve weeks, and from no further back than they were forgotten.
import type { HabitsView } from "../api/schema";
import { wallOf, weekdayOf } from "../time/zone";
import { iso } from "./span";
import type { World } from "./world";

const [HOUR, TWELVE_WEEKS] = [3_600_000, 84 * 86_400_000];

export function habits(world: World): HabitsView {
  const { time_zone } = world.state.user;
  const since = Math.max(world.now - TWELVE_WEEKS, world.state.forgotten);
  const milliseconds = Array.from({ length: 7 * 24 }, () => 0);
  for (const { from, to = world.now, schedule } of world.state.work) {
    const it = world.state.schedules.get(schedule);
    if (!it || it.deleted !== undefined) continue;
    for (let at = Math.max(from, since); at < to; ) {
      const wall = wallOf(at, time_zone);
      const past = (Number(wall.slice(14, 16)) * 60 + Number(wall.slice(17, 19))) * 1_000 + (at % 1_000);
      const end = Math.min(to, at + HOUR - past);
      const hour = ((weekdayOf(wall.slice(0, 10)) + 6) % 7) * 24 + Number(wall.slice(11, 13));
      milliseconds[hour] = (milliseconds[hour] ?? 0) + end - at;
      at = end;
    }
  }
  return { hours: milliseconds.map((each) => Math.floor(each / 1_000)), since: iso(since), time_zone };
}

export function forget(world: World): void {
  world.state.forgotten = world.now;
}

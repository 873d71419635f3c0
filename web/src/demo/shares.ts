// Schedules that are shown in a room (docs/rooms.md, "Shared schedules").
import type { ShareList, SharedSchedule } from "../api/schema";
import { spanOf } from "./occurrences";
import { Refusal } from "./refusal";
import { allowed, find, say } from "./rooms";
import { present } from "./schedules";
import { iso } from "./span";
import type { Room, Schedule, World } from "./world";

type Share = Room["shares"][number];

/** What is told of it, and nothing else. */
function shown(it: Schedule): Omit<SharedSchedule, "shared_by" | "shared_at"> {
  const { from, to } = spanOf(it);
  return { schedule_id: it.id, title: it.title, all_day: it.all_day, time_zone: it.zone, start: it.start, end: it.end, start_at: iso(from), end_at: iso(to), rrule: it.recurrence?.rrule ?? null, version: it.version };
}

function view(world: World, { schedule, at }: Share): SharedSchedule {
  return { ...shown(present(world, schedule)), shared_by: world.state.user.id, shared_at: iso(at) };
}

export function list(world: World, id: string): ShareList {
  return { schedules: find(world, id).shares.map((share) => view(world, share)) };
}

export function share(world: World, id: string, schedule: string): SharedSchedule {
  const room = find(world, id);
  allowed(world, room, "owner", "member");
  const it = present(world, schedule);
  let known = room.shares.find((each) => each.schedule === schedule);
  if (!known) {
    room.shares.push((known = { schedule, at: world.now, told: it.version }));
    say(world, room, "schedule.shared", world.state.user.id, { ...shown(it), user_id: world.state.user.id });
  }
  return view(world, known);
}

export function end(world: World, id: string, schedule: string): void {
  const room = find(world, id);
  if (!room.shares.some((each) => each.schedule === schedule)) throw new Refusal(404, "room.item_not_found", "there is no such event, comment or schedule in the room");
  over(world, room, schedule);
}

function over(world: World, room: Room, schedule: string): void {
  room.shares = room.shares.filter((each) => each.schedule !== schedule);
  room.reactions = room.reactions.filter(({ about }) => about !== schedule);
  say(world, room, "schedule.unshared", world.state.user.id, { schedule_id: schedule, user_id: world.state.user.id });
}

/** Tells rooms what became of the schedules that are shown there. */
export function tellRooms(world: World): void {
  for (const room of world.state.rooms) {
    for (const share of room.shares) {
      const it = world.state.schedules.get(share.schedule);
      if (!it || it.deleted !== undefined) {
        over(world, room, share.schedule);
      } else if (it.version !== share.told) {
        share.told = it.version;
        say(world, room, "schedule.changed", world.state.user.id, { ...shown(it), user_id: world.state.user.id });
      }
    }
  }
}

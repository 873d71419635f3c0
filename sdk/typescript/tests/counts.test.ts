import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Presence, type PresenceView, Unread, type UnreadCounts } from "../src/index.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const read = (room_id: string, unread: number, version: number) => ({ stream: "me", id: "1-1", kind: "room.read", data: { room_id, up_to: "1-1", unread, version } });
const said = (stream: string, id: string | undefined = "1-2") => ({ stream, id, kind: "a", data: {} });

test("counts are the server's, and of two the one with the higher version is shown", async () => {
  let answer: UnreadCounts = { total: 5, version: 3, rooms: [{ room_id: "rom_a", unread: 5 }] };
  const load = vi.fn(async () => answer);
  const unread = new Unread(load);
  unread.reload();
  await vi.advanceTimersByTimeAsync(100);
  expect([unread.total, unread.of("rom_a"), unread.of("rom_b")]).toEqual([5, 5, 0]);
  unread.hear(read("rom_a", 2, 4));
  expect(unread.total).toBe(2);
  unread.hear(read("rom_a", 5, 3));
  expect(unread.total).toBe(2);
  // A burst is one question; what is kept nowhere is none.
  answer = { total: 9, version: 4, rooms: [{ room_id: "rom_a", unread: 2 }, { room_id: "rom_b", unread: 7 }] };
  for (let at = 0; at < 7; at++) unread.hear(said("rom_b"));
  await vi.advanceTimersByTimeAsync(1_000);
  unread.hear({ stream: "rom_b", id: undefined, kind: "presence.update", data: {} });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(load).toHaveBeenCalledTimes(2);
  expect(unread.total).toBe(9);
});

test("an answer that was overtaken by a mark is asked for again", async () => {
  const answers: UnreadCounts[] = [{ total: 5, version: 3, rooms: [{ room_id: "rom_a", unread: 5 }] }, { total: 0, version: 4, rooms: [] }];
  const unread = new Unread(async () => {
    unread.hear(read("rom_a", 0, 4));
    return answers.shift() ?? { total: 1, version: 9, rooms: [] };
  });
  unread.reload();
  await vi.advanceTimersByTimeAsync(100);
  expect(unread.total).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([unread.total, answers.length]).toEqual([0, 0]);
});

test("what is heard while the counts are on their way is asked for again", async () => {
  let counted = 1;
  const unread = new Unread(async () => {
    const answer = { total: counted, version: 3, rooms: [{ room_id: "rom_a", unread: counted }] };
    // It happens when the server has counted, and is heard before its answer.
    if (counted === 1) unread.hear(said("rom_a", `1-${String((counted = 2))}`));
    return answer;
  });
  unread.reload();
  await vi.advanceTimersByTimeAsync(100);
  expect(unread.total).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(unread.total).toBe(2);
});

test("who is there follows who comes and goes, and is asked for where an update was missed", async () => {
  const view: PresenceView = { members: [{ user_id: "usr_a", name: "Ada" }], count: 1, version: 4 };
  const load = vi.fn(async () => view);
  const presence = new Presence("rom_a", load);
  const update = (joined: string[], left: string[], count: number, version: number, stream = "rom_a"): void => presence.hear({ stream, id: undefined, kind: "presence.update", data: { joined, left, count, version } });
  await presence.read();
  update(["usr_b"], [], 2, 5);
  update(["usr_c"], [], 1, 5, "rom_b");
  update([], ["usr_b"], 1, 4);
  expect(presence.members.map(({ user_id }) => user_id)).toEqual(["usr_a", "usr_b"]);
  expect(load).toHaveBeenCalledTimes(1);
  Object.assign(view, { members: [{ user_id: "usr_b" }, { user_id: "usr_d" }], count: 2, version: 8 });
  update([], ["usr_a"], 2, 8);
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(2);
  expect([presence.has("usr_a"), presence.has("usr_d")]).toEqual([false, true]);
  // A server that has begun anew counts from the beginning.
  Object.assign(view, { members: [], count: 0, version: 1 });
  presence.reload("rom_a");
  await vi.advanceTimersByTimeAsync(0);
  expect(presence.members).toEqual([]);
});

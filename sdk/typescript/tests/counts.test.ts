import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Errand, Presence, Refused, type PresenceView, Unread, type UnreadCounts } from "../src/index.js";

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

test("counts that could not be had are asked for again, and whoever stops asks nothing more", async () => {
  const load = vi.fn(async (): Promise<UnreadCounts> => ({ total: 7, version: 1, rooms: [{ room_id: "rom_a", unread: 7 }] }));
  load.mockRejectedValueOnce(new Error("no")).mockRejectedValueOnce(new Error("no"));
  const unread = new Unread(load);
  unread.reload();
  await vi.advanceTimersByTimeAsync(100);
  expect([load.mock.calls.length, unread.total]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([load.mock.calls.length, unread.total]).toEqual([3, 7]);
  // What is forgotten while it is on its way stays so.
  unread.reload();
  await vi.advanceTimersByTimeAsync(1_000);
  load.mockImplementationOnce(async () => (unread.forget(), { total: 9, version: 5, rooms: [{ room_id: "rom_a", unread: 9 }] }));
  unread.reload();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([load.mock.calls.length, unread.total]).toEqual([5, 0]);
  unread.stop();
  unread.hear(said("rom_a"));
  unread.reload();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledTimes(5);
});

test("who is there follows who comes and goes, and is asked for where an update was missed", async () => {
  const view: PresenceView = { members: [{ user_id: "usr_a", name: "Ada" }], count: 1, version: 4 };
  const load = vi.fn(async () => view);
  const presence = new Presence("rom_a", load);
  const update = (joined: string[], left: string[], count: number, version: number, stream = "rom_a"): void => presence.hear({ stream, id: undefined, kind: "presence.update", data: { joined, left, count, version } });
  presence.read();
  await vi.advanceTimersByTimeAsync(0);
  update(["usr_b"], [], 2, 5);
  update(["usr_c"], [], 1, 5, "rom_b");
  update([], ["usr_b"], 1, 4);
  expect(presence.members.map(({ user_id }) => user_id)).toEqual(["usr_a", "usr_b"]);
  expect(load).toHaveBeenCalledTimes(1);
  Object.assign(view, { members: [{ user_id: "usr_b" }, { user_id: "usr_d" }], count: 2, version: 8 });
  update([], ["usr_a"], 2, 8);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
  expect([presence.has("usr_a"), presence.has("usr_d")]).toEqual([false, true]);
  // A server that has begun anew counts from the beginning.
  Object.assign(view, { members: [], count: 0, version: 1 });
  presence.reload("rom_a");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(presence.members).toEqual([]);
});

test("who came while the list was on its way, or could not be had, is in the next one", async () => {
  const there = ["usr_a"];
  const load = vi.fn(async (): Promise<PresenceView> => {
    const view = { members: there.map((user_id) => ({ user_id })), count: there.length, version: 1 };
    // Nothing is told of it: it came and went between two connections.
    if (there.push("usr_b") === 2) presence.reload("rom_a");
    return view;
  });
  const presence = new Presence("rom_a", load.mockRejectedValueOnce(new Error("no")));
  presence.read();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([load.mock.calls.length, presence.members.length]).toEqual([2, 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([load.mock.calls.length, presence.members.length]).toEqual([3, 2]);
  presence.stop();
  presence.reload("rom_a");
  presence.hear({ stream: "rom_a", id: undefined, kind: "presence.update", data: { joined: ["usr_c"], left: [], count: 9, version: 9 } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect([load.mock.calls.length, presence.members.length]).toEqual([3, 2]);
});

test("what is refused for good is not asked again until something has happened", async () => {
  for (const status of [400, 403, 404, 422]) {
    const load = vi.fn(async (): Promise<UnreadCounts> => Promise.reject(new Refused(status, "x", "no", undefined)));
    const unread = new Unread(load);
    unread.reload();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(load).toHaveBeenCalledTimes(1);
    unread.hear(said("rom_a"));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(load).toHaveBeenCalledTimes(2);
    unread.stop();
  }
});

test("nothing is asked again sooner than the server says, also where there is a new reason to", async () => {
  for (const status of [429, 503, 409]) {
    const load = vi.fn(async (): Promise<number> => Promise.reject(new Refused(status, "x", "no", 15_000)));
    const errand = new Errand(load, () => undefined);
    errand.want();
    await vi.advanceTimersByTimeAsync(1_000);
    errand.want();
    await vi.advanceTimersByTimeAsync(13_900);
    expect(load).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(load).toHaveBeenCalledTimes(2);
    errand.stop();
  }
});

test("a question that is never answered is given up and asked again, and a clock that is set back holds up none", async () => {
  const signals: AbortSignal[] = [];
  const taken: number[] = [];
  const errand = new Errand(
    (signal) => (signals.push(signal), signals.length === 1 ? new Promise<number>(() => undefined) : Promise.resolve(signals.length)),
    (answer) => taken.push(answer),
    { rest: 1_000 },
  );
  errand.want();
  await vi.advanceTimersByTimeAsync(32_000);
  expect([taken, signals.map(({ aborted }) => aborted)]).toEqual([[2], [true, false]]);
  vi.setSystemTime(Date.now() - 3_600_000);
  errand.want();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(taken).toEqual([2, 3]);
});

test("where more are there than a list names, it is not asked for anew with each who comes and goes", async () => {
  const named = Array.from({ length: 1_000 }, (_, at) => ({ user_id: `usr_${String(at)}` }));
  const load = vi.fn(async (): Promise<PresenceView> => ({ members: named, count: 1_000, version: 12 }));
  load.mockResolvedValueOnce({ members: named, count: 1_200, version: 1 });
  const presence = new Presence("rom_a", load);
  const update = (count: number, version: number): void => presence.hear({ stream: "rom_a", id: undefined, kind: "presence.update", data: { joined: [], left: ["usr_1"], count, version } });
  presence.read();
  await vi.advanceTimersByTimeAsync(0);
  for (let version = 2; version < 12; version++) {
    update(1_200 - version, version);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(load).toHaveBeenCalledTimes(1);
  // As soon as a list names all of them, it is.
  update(1_000, 12);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
});

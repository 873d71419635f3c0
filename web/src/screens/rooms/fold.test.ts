import { expect, test } from "vitest";

import type { RoomEvent } from "../../api/schema";
import { compact, itemsOf } from "./fold";

let seq = 0;
const event = (type: string, data: object, by = "usr_ada"): RoomEvent => {
  seq += 1;
  return { id: `1-${String(seq)}`, at: "2026-11-21T00:00:00Z", event_id: `evt_${String(seq)}`, type, publisher_id: by, data: data as Record<string, never> };
};

test("a message is as it was edited last, one that was deleted is gone, and reactions are counted by who gave them", () => {
  const log = [
    event("room.created", { name: "Choir", version: 1 }),
    event("comment.created", { comment_id: "cmt_1", about: null, author_id: "usr_ada", text: "Helo", mentions: [] }),
    event("comment.created", { comment_id: "cmt_2", about: null, author_id: "usr_bob", text: "Oops", mentions: [] }, "usr_bob"),
    event("order.paid", { order: 4711 }, "shop"),
    event("comment.updated", { comment_id: "cmt_1", about: null, text: "Hello", mentions: ["usr_bob"], version: 2 }),
    event("comment.deleted", { comment_id: "cmt_2", about: null }, "usr_bob"),
    event("reaction.added", { about: "cmt_1", emoji: "👍", user_id: "usr_ada" }),
    event("reaction.added", { about: "cmt_1", emoji: "👍", user_id: "usr_bob" }),
    event("reaction.added", { about: "cmt_1", emoji: "👍", user_id: "usr_bob" }),
    event("reaction.added", { about: "evt_4", emoji: "🎉", user_id: "usr_bob" }),
    event("reaction.removed", { about: "evt_4", emoji: "🎉", user_id: "usr_bob" }),
    event("reaction.added", { about: "cmt_of_before", emoji: "🎉", user_id: "usr_bob" }),
    event("comment.updated", { comment_id: "cmt_of_before", text: "x", mentions: [] }),
  ];
  const items = itemsOf(log, "usr_ada");
  expect(items.map(({ kind, id }) => [kind, id])).toEqual([["notice", "evt_1"], ["message", "cmt_1"], ["event", "evt_4"]]);
  expect(items[1]).toMatchObject({ text: "Hello", isEdited: true, mentions: ["usr_bob"], reactions: [{ emoji: "👍", count: 2, mine: true }] });
  expect(items[2]).toMatchObject({ by: "shop", type: "order.paid", reactions: [] });
});

test("what is as it was is the same, and what became different is another", () => {
  const log = [
    event("comment.created", { comment_id: "cmt_1", about: null, text: "Hello", mentions: ["usr_bob"] }),
    event("order.paid", { order: { id: 4711 } }, "shop"),
    event("schedule.shared", { schedule_id: "sch_1", title: "Practice" }),
    event("schedule.changed", { schedule_id: "sch_1", title: "Rehearsal" }),
    event("reaction.added", { about: "cmt_1", emoji: "👍", user_id: "usr_bob" }),
  ];
  const before = itemsOf(log, "usr_ada");
  const after = itemsOf([...log, event("reaction.added", { about: "cmt_1", emoji: "👍", user_id: "usr_ada" }), event("a", {})], "usr_ada", before);
  expect(after.slice(0, before.length).map((item, at) => item === before[at])).toEqual([false, true, true, true]);
  expect(after[0]).toMatchObject({ reactions: [{ emoji: "👍", count: 2, mine: true }] });
  expect(itemsOf(log, "usr_ada", before).every((item, at) => item === before[at])).toBe(true);
});

test("a schedule that is shared is as it is now, and what became of it is told where it happened", () => {
  const plan = { schedule_id: "sch_1", user_id: "usr_ada", title: "Practice", all_day: false, start_at: "2026-11-27T10:00:00Z" };
  const log = [
    event("schedule.shared", plan),
    event("reaction.added", { about: "sch_1", emoji: "👍", user_id: "usr_bob" }, "usr_bob"),
    event("schedule.changed", { ...plan, start_at: "2026-11-28T10:00:00Z" }),
    event("schedule.changed", { ...plan, schedule_id: "sch_of_before" }),
    event("schedule.unshared", { schedule_id: "sch_1", user_id: "usr_ada" }),
  ];
  const items = itemsOf(log, "usr_bob");
  expect(items.map(({ kind }) => kind)).toEqual(["plan", "notice", "notice", "notice"]);
  expect(items[0]).toMatchObject({ id: "sch_1", isOver: true, plan: { start_at: "2026-11-28T10:00:00Z" }, reactions: [{ emoji: "👍", count: 1, mine: true }] });
  // What ends says what it was.
  expect(items[3]).toMatchObject({ type: "schedule.unshared", data: { title: "Practice" } });
  expect(itemsOf([...log, event("schedule.shared", plan)], "usr_bob").at(-1)).toMatchObject({ kind: "plan", isOver: false });
});

test("what an event carries is told in a line", () => {
  expect(compact({ order: 4711, to: "Ada", paid: true, of: { a: [1] }, fifth: 5 })).toEqual([
    { name: "order", value: "4711" },
    { name: "to", value: "Ada" },
    { name: "paid", value: "true" },
    { name: "of", value: '{"a":[1]}' },
  ]);
  expect(compact({ text: "x".repeat(100) })[0]?.value).toHaveLength(60);
  expect(compact({})).toEqual([]);
});

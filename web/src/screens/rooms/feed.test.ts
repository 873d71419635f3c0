import { afterEach, expect, test, vi } from "vitest";

import { Postponed, Unreached } from "../../api/problem";
import type { RoomEvent, RoomEvents } from "../../api/schema";
import { Feed, type Said } from "./feed.svelte";
import { type Item, itemsOf } from "./fold";

afterEach(() => void vi.useRealTimers());

/** A log of `size` events, whose pages hold `most` of them, as pages of large ones do. */
class Log {
  low = 1;
  epoch = 1;
  constructor(
    public size: number,
    private readonly most = 500,
  ) {}

  readonly page = async (_: string, since: string | undefined, limit: number): Promise<RoomEvents> => {
    const head = this.place(this.size);
    const [epoch, seq] = (since ?? this.place(this.low - 1)).split("-").map(Number) as [number, number];
    const answer = this.after(seq, limit);
    // It is on its way.
    await Promise.resolve();
    if (epoch !== this.epoch) return { events: [], last_id: head, has_more: false, gap: { reason: "epoch_changed", head } };
    if (seq < this.low - 1) return { events: [], last_id: head, has_more: false, gap: { reason: "trimmed", head } };
    return answer;
  };

  place(seq: number): string {
    return `${String(this.epoch)}-${String(seq)}`;
  }

  after(seq: number, limit: number): RoomEvents {
    const count = Math.max(0, Math.min(limit, this.most, this.size - seq));
    const events = Array.from({ length: count }, (_, at) => this.event(seq + 1 + at));
    return { events, last_id: this.place(seq + count), has_more: seq + count < this.size };
  }

  /** What its events are, unless they are all alike. */
  what: (seq: number) => Pick<RoomEvent, "type" | "data"> = () => ({ type: "a", data: {} });

  event(seq: number): RoomEvent {
    return { id: this.place(seq), at: "2026-11-21T00:00:00Z", event_id: `evt_${String(seq)}`, publisher_id: "usr_a", ...this.what(seq) };
  }

  heard(seq: number): { stream: string; id: string; kind: string; data: unknown } {
    return { stream: "rom_a", id: this.place(seq), kind: this.event(seq).type, data: this.event(seq) };
  }
}

const shown = (feed: Feed): number[] => feed.events.map(({ id }) => Number(id.split("-")[1]));
const through = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("pages that end early leave no hole, at the end and further back", async () => {
  const feed = new Feed("rom_a", new Log(120, 17).page);
  await feed.open();
  expect(shown(feed)).toEqual(through(71, 120));
  await feed.older();
  expect(shown(feed)).toEqual(through(21, 120));
  await feed.older();
  expect([shown(feed), feed.isWhole]).toEqual([through(1, 120), true]);
});

test("what happens while it opens is shown, once", async () => {
  const log = new Log(60);
  const feed = new Feed("rom_a", log.page);
  const opening = feed.open();
  // The pages were read when this happened; it is heard before they arrive.
  for (let ticks = 0; ticks < 6; ticks++) {
    feed.hear(log.heard(++log.size));
    await Promise.resolve();
  }
  await opening;
  await feed.catchUp();
  expect(shown(feed)).toEqual(through(shown(feed)[0] ?? 0, 66));
  feed.hear(log.heard(66));
  feed.hear(log.heard(++log.size));
  await expect.poll(() => shown(feed).at(-1)).toBe(67);
  expect(new Set(shown(feed)).size).toBe(shown(feed).length);
});

test("what was missed is read, in one go however much is heard of it", async () => {
  const log = new Log(10);
  let asked = 0;
  const feed = new Feed("rom_a", (...page) => (asked++, log.page(...page)));
  await feed.open();
  asked = 0;
  for (log.size = 20; log.size < 30; log.size++) feed.hear(log.heard(log.size));
  await feed.catchUp();
  expect(shown(feed)).toEqual(through(1, 30));
  expect(asked).toBeLessThan(3);
});

test("where older events are kept no more, what is left is the beginning", async () => {
  const log = new Log(200);
  const feed = new Feed("rom_a", log.page);
  await feed.open();
  log.low = 120;
  await feed.older();
  expect([shown(feed), feed.isWhole]).toEqual([through(120, 200), true]);
});

test("where the log is another one, it is shown from its end anew, whoever says so first", async () => {
  for (const heard of [true, false]) {
    const log = new Log(120);
    const feed = new Feed("rom_a", log.page);
    await feed.open();
    [log.epoch, log.size] = [2, 60];
    if (heard) feed.hear(log.heard(60));
    else await feed.catchUp();
    await expect.poll(() => feed.head).toBe("2-60");
    expect(shown(feed)).toEqual(through(11, 60));
    feed.hear(log.heard(++log.size));
    await expect.poll(() => shown(feed)).toEqual(through(11, 61));
    // What is said of the log before is not taken for what comes next.
    feed.hear({ ...log.heard(62), id: "1-62" });
    await new Promise((frame) => setTimeout(frame, 50));
    expect(shown(feed)).toEqual(through(11, 61));
  }
});

test("however much happens, so much is kept as can be looked at, and nothing of it is passed over", async () => {
  const log = new Log(10);
  const feed = new Feed("rom_a", log.page);
  await feed.open();
  while (log.size < 2_000) feed.hear(log.heard(++log.size));
  await expect.poll(() => shown(feed).at(-1)).toBe(2_000);
  expect([shown(feed), feed.isWhole]).toEqual([through(1_701, 2_000), false]);
  await feed.older();
  expect(shown(feed)).toEqual(through(1_651, 2_000));
  // Far behind, its end is read, and not all that lies between.
  log.size = 9_000;
  feed.hear(log.heard(9_000));
  await expect.poll(() => shown(feed).at(-1)).toBe(9_000);
  expect(shown(feed)).toEqual(through(8_951, 9_000));
});

/** Things that were said, and then one of them is told anew for ever: edited, reacted to, or something is said and taken back. */
const TOLD_ANEW: Record<string, (seq: number) => object & { type: string }> = {
  edited: (seq) => ({ type: "comment.updated", comment_id: "cmt_1", text: `build ${String(seq)} %` }),
  "reacted to": (seq) => ({ type: seq % 2 ? "reaction.added" : "reaction.removed", about: "cmt_1", emoji: "👍", user_id: "usr_b" }),
  "said and taken back": (seq) => ({ type: seq % 2 ? "comment.created" : "comment.deleted", comment_id: `cmt_x${String(Math.ceil(seq / 2))}`, text: "x" }),
};

test.for(Object.entries(TOLD_ANEW))("a room does not go empty under the eyes of who watches it, however often one thing is %s", async ([, anew]) => {
  const log = new Log(5);
  log.what = (seq) => {
    const { type, ...data } = seq <= 5 ? { type: "comment.created", comment_id: `cmt_${String(seq)}`, text: "a" } : anew(seq);
    return { type, data: data as RoomEvent["data"] };
  };
  const feed = new Feed("rom_a", log.page);
  const whole = (): Item[] => itemsOf(Array.from({ length: log.size }, (_, at) => log.event(at + 1)), "usr_a");
  const isThere = (): void => expect(itemsOf(feed.events, "usr_a")).toEqual(whole());
  await feed.open();
  for (const size of [400, 405, 2_904, 4_999]) {
    while (log.size < size) feed.hear(log.heard(++log.size));
    await expect.poll(() => shown(feed).at(-1)).toBe(size);
    isThere();
  }
  expect([feed.events.length < 310, feed.isWhole]).toEqual([true, true]);
  // Who comes later sees it, too, as far as it is not too long ago.
  log.size = 1_400;
  const later = new Feed("rom_a", log.page);
  await later.open();
  expect([itemsOf(later.events, "usr_a"), later.isWhole]).toEqual([whole(), true]);
});

test("a page of what was before is one in which there is something to see", async () => {
  const log = new Log(1_000);
  log.what = (seq) => (seq > 200 && seq <= 900 ? { type: "comment.updated", data: { comment_id: "cmt_1", text: "a" } as unknown as RoomEvent["data"] } : { type: "a", data: {} });
  const feed = new Feed("rom_a", log.page);
  await feed.open();
  await feed.older();
  expect([itemsOf(feed.events, "usr_a").length, feed.isWhole]).toEqual([100, false]);
  await feed.older();
  expect(itemsOf(feed.events, "usr_a").length).toBeGreaterThan(120);
});

test("what somebody reads stays where it is, however much comes meanwhile, and the end is there when they come back to it", async () => {
  const log = new Log(100);
  const feed = new Feed("rom_a", log.page);
  await feed.open();
  feed.follow(false);
  while (log.size < 3_000) {
    for (let n = 0; n < 100; n++) feed.hear(log.heard(++log.size));
    await new Promise((frame) => setTimeout(frame, 20));
  }
  expect(shown(feed)[0]).toBe(51);
  expect(shown(feed).length).toBeLessThan(1_300);
  expect(shown(feed)).toEqual(through(51, shown(feed).at(-1) ?? 0));
  feed.follow(true);
  await expect.poll(() => shown(feed).at(-1)).toBe(3_000);
  expect(shown(feed)).toEqual(through(shown(feed)[0] ?? 0, 3_000));
});

test("in whatever order answers and events come, nothing is missing in the end, and nothing is there twice", async () => {
  vi.useFakeTimers();
  // The same every time: a generator of Lehmer.
  let seed = 1;
  const chance = (n: number): number => (seed = (seed * 48_271) % 2_147_483_647) % n;
  let taken = 0;
  for (let round = 0; round < 80; round++) {
    const log = new Log(chance(120), 1 + chance(40));
    // Answers wait until they are let through, in any order with what happens and what is shown.
    const waiting: (() => void)[] = [];
    const feed = new Feed("rom_a", async (...asked) => {
      const answer = await log.page(...asked);
      await new Promise<void>((arrive) => waiting.push(arrive));
      return answer;
    });
    const unheard: number[] = [];
    const steps: (() => void)[] = [
      () => void unheard.push(++log.size),
      () => unheard.splice(0).forEach((seq) => feed.hear(log.heard(seq))),
      () => void feed.older(),
      () => void feed.catchUp(),
      () => waiting.shift()?.(),
      () => waiting.shift()?.(),
      () => void vi.advanceTimersByTime(16),
      () => feed.follow(chance(2) === 0),
      // So much happens elsewhere that its end is read anew; now and then the oldest go.
      () => void (chance(20) === 0 && unheard.push((log.size += 600))),
      // Or more than is kept.
      () => void (chance(4) === 0 && unheard.push(...through(log.size + 1, (log.size += 400)))),
      () => void (chance(20) === 0 && (log.low = Math.max(log.low, Math.min(log.size, log.low + chance(30))))),
    ];
    for (let step = 0; step < 80; step++) {
      const before = feed.head;
      steps[chance(steps.length)]?.();
      if (feed.head !== before && waiting.length > 0) taken += 1;
      for (let ticks = 0; ticks < 8; ticks++) await Promise.resolve();
    }
    feed.follow(true);
    for (const seq of unheard) feed.hear(log.heard(seq));
    for (let still = 0; still < 5; still++) {
      if (waiting.length > 0) still = 0;
      waiting.splice(0).forEach((arrive) => arrive());
      await vi.advanceTimersByTimeAsync(16);
    }
    const isNamed = `round ${String(round)}`;
    expect([waiting.length, feed.isRead, shown(feed).at(-1) ?? 0], isNamed).toEqual([0, true, log.size]);
    expect(shown(feed), isNamed).toEqual(log.size === 0 ? [] : through(shown(feed)[0] ?? 0, log.size));
  }
  // What is heard was shown while answers were on their way: that is what this is about.
  expect(taken).toBeGreaterThan(30);
}, 20_000);

test("what waits on this device is shown until it has happened, and as often as it was said", async () => {
  const log = new Log(3);
  const feed = new Feed("rom_a", log.page);
  await feed.open();
  const say = (key: string): Promise<unknown> => feed.attempt("comment.created", { text: "Hello" }, "usr_a", () => Promise.reject(new Postponed()), key).catch(() => undefined);
  const waiting = (key: string): Said => ({ key, at: "2026-11-21T00:00:00Z", by: "usr_a", data: { text: "Hello" } });
  await say("one");
  await say("two");
  await feed.waits([waiting("one"), waiting("two")]);
  expect(shown(feed)).toEqual([1, 2, 3, Infinity, Infinity]);
  feed.hear({ ...log.heard(++log.size), data: { ...log.event(4), type: "comment.created", data: { text: "Hello" } } });
  await expect.poll(() => shown(feed)).toEqual([1, 2, 3, 4, Infinity]);
  await feed.waits([waiting("two")]);
  expect(shown(feed)).toEqual([1, 2, 3, 4, Infinity]);
  // The other was refused.
  await feed.waits([]);
  expect(shown(feed)).toEqual([1, 2, 3, 4]);
});

test("what waited before somebody came is shown, also while nothing can be read, and once when it was said", async () => {
  const log = new Log(3);
  log.what = (seq) => (seq === 2 || seq === 4 ? { type: "comment.created", data: { text: "Hello" } as unknown as RoomEvent["data"] } : { type: "a", data: {} });
  let isThere = false;
  const feed = new Feed("rom_a", (...page) => (isThere ? log.page(...page) : Promise.reject(new Unreached())));
  await feed.open();
  await feed.waits([{ key: "one", at: "2026-11-21T00:00:00Z", by: "usr_a", data: { text: "Hello" } }]);
  expect([shown(feed), feed.isRead]).toEqual([[Infinity], false]);
  isThere = true;
  // The same words were said before, by somebody who meant them then.
  await feed.older();
  expect(shown(feed)).toEqual([1, 2, 3, Infinity]);
  feed.hear(log.heard(++log.size));
  await expect.poll(() => shown(feed)).toEqual([1, 2, 3, 4]);
  await feed.waits([]);
  expect(shown(feed)).toEqual([1, 2, 3, 4]);
});

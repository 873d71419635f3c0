import { expect, test } from "vitest";

import type { RoomEvent, RoomEvents } from "../../api/schema";
import { Feed } from "./feed.svelte";

/** A log of `size` events, whose pages hold `most` of them, as pages of large ones do. */
class Log {
  low = 1;
  constructor(
    public size: number,
    private readonly most = 500,
  ) {}

  readonly page = async (_: string, since: string | undefined, limit: number): Promise<RoomEvents> => {
    const head = `1-${String(this.size)}`;
    const [epoch, seq] = (since ?? `1-${String(this.low - 1)}`).split("-").map(Number) as [number, number];
    const answer = this.after(seq, limit);
    // It is on its way.
    await Promise.resolve();
    if (epoch !== 1) return { events: [], last_id: head, has_more: false, gap: { reason: "epoch_changed", head } };
    if (seq < this.low - 1) return { events: [], last_id: head, has_more: false, gap: { reason: "trimmed", head } };
    return answer;
  };

  after(seq: number, limit: number): RoomEvents {
    const count = Math.max(0, Math.min(limit, this.most, this.size - seq));
    const events = Array.from({ length: count }, (_, at) => this.event(seq + 1 + at));
    return { events, last_id: `1-${String(seq + count)}`, has_more: seq + count < this.size };
  }

  event(seq: number): RoomEvent {
    return { id: `1-${String(seq)}`, at: "2026-11-21T00:00:00Z", event_id: `evt_${String(seq)}`, type: "a", publisher_id: "usr_a", data: {} };
  }

  heard(seq: number): { stream: string; id: string; kind: string; data: unknown } {
    return { stream: "rom_a", id: `1-${String(seq)}`, kind: "a", data: this.event(seq) };
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
  expect(shown(feed).at(-1)).toBe(67);
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

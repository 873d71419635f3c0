import { expect, test, vi } from "vitest";

import { type Event, Parser, follow } from "./stream";

const TEXT = 'retry: 1350\n\nid: 1-41\nevent: ready\ndata: {"head":"1-41"}\n\n: head 1-41\n\nid: 1-42\r\nevent: unread.changed\r\ndata: {"count":1,\r\ndata: "version":7}\r\n\r\n';

test("a stream is read the same however it is cut into pieces", () => {
  const whole = new Parser();
  const expected = whole.push(TEXT);
  expect(expected.map(({ id, kind }) => [id, kind])).toEqual([["1-41", "ready"], ["1-42", "unread.changed"]]);
  expect(expected[1]?.data).toEqual({ count: 1, version: 7 });
  expect(whole.retry).toBe(1350);
  for (let size = 1; size < TEXT.length; size++) {
    const parser = new Parser();
    const events: Event[] = [];
    for (let at = 0; at < TEXT.length; at += size) events.push(...parser.push(TEXT.slice(at, at + size)));
    expect(events).toEqual(expected);
  }
});

function answer(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

/** Follows what `answers` hold, one connection after the other, and tells what it was told. */
async function told(answers: (string | Error)[]): Promise<{ asked: (string | undefined)[]; lines: string[]; waits: number[] }> {
  const stop = new AbortController();
  const [asked, lines, waits]: [(string | undefined)[], string[], number[]] = [[], [], []];
  const open = vi.fn(async (position: string | undefined) => {
    asked.push(position);
    const next = answers[asked.length - 1];
    if (next === undefined) {
      stop.abort();
      throw new Error("the end of the test");
    }
    if (next instanceof Error) throw next;
    return answer(next);
  });
  const follower = {
    event: (event: Event) => lines.push(`${event.id} ${event.kind}`),
    reload: () => lines.push("reload"),
    connected: () => undefined,
  };
  await follow(open, follower, stop.signal, async (ms) => void waits.push(ms));
  return { asked, lines, waits };
}

test("it goes on after the last event that was seen, and after no other", async () => {
  const first = 'id: 1-1\nevent: ready\ndata: {"head":"1-1"}\n\nid: 1-2\nevent: a\ndata: {}\n\n';
  const second = 'id: 1-3\nevent: b\ndata: {}\n\nevent: half\ndata: {';
  const { asked, lines } = await told([first, second]);
  expect(asked).toEqual([undefined, "1-2", "1-3"]);
  expect(lines).toEqual(["reload", "1-2 a", "1-3 b"]);
});

test("a gap asks for everything anew and goes on from its head", async () => {
  const gap = 'id: 2-0\nevent: gap\ndata: {"reason":"epoch_changed","head":"2-0"}\n\nid: 2-1\nevent: a\ndata: {}\n\n';
  const { asked, lines } = await told(['id: 1-7\nevent: ready\ndata: {"head":"1-7"}\n\n', gap]);
  expect(lines).toEqual(["reload", "reload", "2-1 a"]);
  expect(asked).toEqual([undefined, "1-7", "2-1"]);
});

test("whoever cannot connect waits longer each time, and as long as the server asks for after it closed", async () => {
  const closed = 'id: 1-7\nevent: ready\ndata: {"head":"1-7"}\n\nretry: 777\nevent: close\ndata: {"reason":"draining"}\n\n';
  const { waits } = await told([new Error("no"), new Error("no"), new Error("no"), closed]);
  const [first, second, third, fourth] = waits as [number, number, number, number];
  expect(first).toBeLessThanOrEqual(1_000);
  expect(second).toBeGreaterThanOrEqual(1_000 * 0.5 * 2 * 0.5);
  expect(third).toBeGreaterThanOrEqual(2_000 * 0.5);
  expect(third).toBeLessThanOrEqual(30_000);
  expect(fourth).toBe(777);
});

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type FollowOptions, Following, type SocketWay, overSocket } from "../src/index.js";
import { backAfter, wordsOf } from "../src/socket.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A socket as the platform has it, whose other end is the test. */
class Wire {
  readyState = 0;
  readonly said: { op: string; stream: string; since?: string }[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (close: { code: number }) => void = () => undefined;
  send(text: string): void {
    this.said.push(JSON.parse(text) as { op: string; stream: string });
  }
  /** Its end is told when the other side has answered, or never. */
  close(): void {
    this.readyState = 2;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen();
    this.says({ event: "hello", data: { retry_ms: 1_000 } });
  }
  says(...said: object[]): void {
    for (const each of said) this.onmessage({ data: JSON.stringify(each) });
  }
  ends(code: number): void {
    this.readyState = 3;
    this.onclose({ code });
  }
}

/** Follows `streams` over wires; `lines` is what was told. */
function follow(streams: string[], way: Partial<SocketWay> = {}, options: FollowOptions = {}): { following: Following; wires: Wire[]; lines: string[] } {
  const [wires, lines]: [Wire[], string[]] = [[], []];
  const open = (): WebSocket => {
    const wire = new Wire();
    wires.push(wire);
    return wire as unknown as WebSocket;
  };
  const following = new Following(
    overSocket({ url: "http://c.test", open, ...way }),
    streams,
    {
      event: ({ stream, kind }) => lines.push(`${stream} ${kind}`),
      reload: (stream, why) => lines.push(`${stream} ${why}`),
      resumed: (stream) => lines.push(`${stream} resumed`),
      ended: (stream, reason) => lines.push(`${stream} ended ${reason}`),
      stopped: (why) => lines.push(`stopped: ${why.message}`),
    },
    options,
  );
  return { following, wires, lines };
}

test("a stream that is refused at this moment is asked for again, where it was, and the others go on", async () => {
  const { following, wires, lines } = follow(["me", "rom_a"], {}, { since: { rom_a: "1-7" } });
  await vi.advanceTimersByTimeAsync(0);
  const [wire] = wires as [Wire];
  wire.opens();
  wire.said.length = 0;
  const momentary = ["stream.too_many_of_stream", "stream.too_many_of_user", "stream.too_many", "stream.draining", "edge.overloaded", "server.unavailable"];
  for (const code of momentary) {
    wire.says({ event: "subscribed", stream: "me" }, { event: "refused", stream: "rom_a", data: { code, detail: "" } });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(wire.said.splice(0), code).toEqual([{ op: "subscribe", stream: "rom_a", since: "1-7" }]);
  }
  wire.says({ event: "subscribed", stream: "rom_a" }, { event: "b", stream: "rom_a", id: "1-8", data: {} });
  await vi.advanceTimersByTimeAsync(0);
  expect(lines.filter((line) => line.startsWith("rom_a"))).toEqual(["rom_a resumed", "rom_a b"]);
  expect(wires.length).toBe(1);
  following.stop();
  await following.done;
});

test("a stream that is refused for good ends", async () => {
  for (const [code, reason] of [["room.not_found", "forbidden"], ["identity.forbidden", "identity.forbidden"], ["stream.not_found", "stream.not_found"]]) {
    const { following, wires, lines } = follow(["me", "rom_a"]);
    await vi.advanceTimersByTimeAsync(0);
    wires[0]?.opens();
    wires[0]?.says({ event: "refused", stream: "rom_a", data: { code, detail: "" } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toContain(`rom_a ended ${String(reason)}`);
    expect(following.streams).toEqual(["me"]);
    following.stop();
  }
});

test("a socket that never says its end is left after its silence, and at once by whoever stops", async () => {
  const { following, wires } = follow(["me"]);
  await vi.advanceTimersByTimeAsync(0);
  wires[0]?.opens();
  await vi.advanceTimersByTimeAsync(35_000);
  expect([wires[0]?.readyState, wires.length]).toEqual([2, 2]);
  wires[1]?.opens();
  following.stop();
  await following.done;
  expect(wires[1]?.readyState).toBe(2);
});

test("a key that is not taken is asked for anew, once, and without another one it stops", async () => {
  const asked: string[] = [];
  const tokens = ["second", undefined];
  const token = async (refused?: string): Promise<string | undefined> => (refused === undefined ? current : (current = tokens.shift()));
  let current: string | undefined = "first";
  const fetch = async (request: Request): Promise<Response> => (asked.push(`${new URL(request.url).pathname} ${String(request.headers.get("authorization"))}`), new Response("{}", { status: 401 }));
  const { following, wires, lines } = follow(["me"], { token, fetch });
  for (let at = 0; at < 2; at++) {
    await expect.poll(() => wires.length).toBe(at + 1);
    // The platform does not say that it was a 401.
    wires[at]?.ends(1006);
    await vi.advanceTimersByTimeAsync(0);
  }
  await following.done;
  expect(asked).toEqual(["/api/v1/users/me Bearer first", "/api/v1/users/me Bearer second"]);
  expect(lines).toEqual(["stopped: not signed in"]);
});

test("where there is no WebSocket, it says so and stops", async () => {
  vi.stubGlobal("WebSocket", undefined);
  const fetch = async (): Promise<Response> => new Response(JSON.stringify({ ticket: "t" }));
  const { following, lines } = follow(["me"], { open: undefined, fetch });
  await following.done;
  expect(lines).toEqual([expect.stringContaining("no WebSocket")]);
});

test("after every close code somebody comes back, or not, as docs/streams.md says", () => {
  const lines = readFileSync(resolve(import.meta.dirname, "../../../docs/streams.md"), "utf8").split("\n");
  const rows = lines.flatMap((line) => {
    const [, code, , back] = /^\| (\d{4}) \| (.+?) \| (.+?) \|$/.exec(line) ?? [];
    return code === undefined || back === undefined ? [] : [[Number(code), back] as const];
  });
  expect(rows.length).toBeGreaterThan(9);
  for (const [code, said] of rows) {
    const back = said.startsWith("not before") ? "never" : said.endsWith("slower") ? "slower" : "later";
    expect(backAfter(code), `${String(code)}: ${said}`).toBe(back);
  }
  // The connection broke.
  expect(backAfter(1006)).toBe("later");
});

test("what a socket says is what a stream of events says", () => {
  const places = new Map([["me", undefined], ["rom_a", undefined]]);
  const words = (said: object): unknown => wordsOf(said as Parameters<typeof wordsOf>[0], places);
  expect(words({ event: "hello", data: { retry_ms: 1350 } })).toEqual([{ word: "open" }, { word: "retry", ms: 1350 }]);
  expect(words({ event: "ready", stream: "me", id: "1-4", data: { head: "1-4" } })).toEqual([{ word: "ready", stream: "me", head: "1-4", why: "ready" }]);
  expect(words({ event: "gap", stream: "me", id: "1-4", data: { head: "1-4", reason: "trimmed" } })).toEqual([{ word: "gap", stream: "me", head: "1-4", why: "trimmed" }]);
  expect(words({ event: "a.b", stream: "me", id: "1-5", data: { at: "x" } })).toEqual([{ word: "event", event: { stream: "me", id: "1-5", kind: "a.b", data: { at: "x" } } }]);
  expect(words({ event: "ended", stream: "rom_a", data: { reason: "asked", resume_at: "1-1" } })).toEqual([]);
  expect(words({ event: "ended", stream: "rom_a", data: { reason: "gone", resume_at: null } })).toEqual([{ word: "ended", stream: "rom_a", reason: "gone" }]);
  expect(words({ event: "refused", stream: "rom_a", data: { code: "room.not_found", detail: "" } })).toEqual([{ word: "ended", stream: "rom_a", reason: "forbidden" }]);
  expect(words({ event: "refused", stream: "rom_b", data: { code: "room.not_found", detail: "" } })).toEqual([{ word: "pulse" }]);
  expect(words({ event: "subscribed", stream: "me" })).toEqual([{ word: "on", stream: "me" }]);
  expect(words({ event: "close", data: { reason: "draining", resume_at: {}, retry_ms: 1200 } })).toEqual([{ word: "retry", ms: 1200 }]);
  expect(words({ event: "heartbeat", data: { heads: {} } })).toEqual([{ word: "pulse" }]);
});

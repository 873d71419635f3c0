import { expect, test } from "vitest";

import { type Follower, Following, overEvents, type StreamEvent } from "../src/index.js";

interface Told {
  asked: { url: string; last: string | null; token: string | null }[];
  lines: string[];
  waits: number[];
  resumed: string[];
  following: Following;
}

const ROOM = "rom_a";
const ready = (stream: string, head: string, id = `${stream}@${head}`): string => `id: ${id}\nevent: ready\ndata: {"stream":"${stream}","head":"${head}"}\n\n`;
const event = (stream: string, id: string, kind: string): string => `id: ${id}\nevent: ${kind}\ndata: {"stream":"${stream}"}\n\n`;

function answer(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ status, code, detail: "no" }), { status, headers });
}

/** Follows what `answers` hold, one request after the other, and tells what it was told. */
async function told(streams: string[], answers: (string | Response | Error)[], token?: (refused?: string) => Promise<string | undefined>, since?: Record<string, string>): Promise<Told> {
  const stop = new AbortController();
  const [asked, lines, waits, resumed]: [Told["asked"], string[], number[], string[]] = [[], [], [], []];
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    asked.push({ url: pathname + search, last: request.headers.get("last-event-id"), token: request.headers.get("authorization") });
    const next = answers[asked.length - 1];
    if (next === undefined) stop.abort();
    if (next === undefined || next instanceof Error) throw next ?? new Error("the end of the test");
    return typeof next === "string" ? answer(next) : next;
  };
  const follower: Follower = {
    event: (event: StreamEvent) => lines.push(`${event.stream} ${String(event.id)} ${event.kind}`),
    reload: (stream, why) => lines.push(`${stream} ${why}`),
    connected: (yes) => lines.push(yes ? "on" : "off"),
    resumed: (stream) => resumed.push(stream),
    ended: (stream, reason) => lines.push(`${stream} ${reason}`),
    stopped: (why) => lines.push(`stopped: ${why.message}`),
  };
  const following = new Following(overEvents({ url: "http://c.test", token, fetch }), streams, follower, { since, stop: stop.signal, sleep: async (ms) => void waits.push(ms) });
  await following.done;
  return { asked, lines: lines.filter((line) => line !== "on" && line !== "off"), waits, resumed, following };
}

test("it goes on after the last event that was seen in each stream, and after no other", async () => {
  const first = ready("me", "1-1") + ready(ROOM, "1-8", `me@1-1,${ROOM}@1-8`) + event("me", `me@1-2,${ROOM}@1-8`, "a");
  const second = event(ROOM, `me@1-2,${ROOM}@1-9`, "b") + "event: presence.update\ndata: {\"stream\":\"rom_a\"}\n\nevent: half\ndata: {";
  const { asked, lines, following } = await told(["me", ROOM], [first, second]);
  expect(asked.map(({ last }) => last)).toEqual([null, `me@1-2,${ROOM}@1-8`, `me@1-2,${ROOM}@1-9`]);
  expect(asked[0]?.url).toBe(`/api/v1/stream?me=1&room=${ROOM}`);
  expect(lines).toEqual(["me ready", `${ROOM} ready`, "me 1-2 a", `${ROOM} 1-9 b`, `${ROOM} undefined presence.update`]);
  expect(following.positions).toEqual({ me: "1-2", [ROOM]: "1-9" });
});

test("what was kept of another time goes on there, without a reload", async () => {
  const { asked, lines, resumed } = await told(["me"], [event("me", "me@3-8", "a")], undefined, { me: "3-7" });
  expect(asked[0]?.last).toBe("me@3-7");
  expect(lines).toEqual(["me 3-8 a"]);
  // What is kept nowhere has to be asked for all the same.
  expect(resumed).toEqual(["me"]);
});

test("a gap asks for everything of its stream anew and goes on from its head", async () => {
  const gap = 'id: me@2-0\nevent: gap\ndata: {"stream":"me","reason":"epoch_changed","head":"2-0"}\n\n' + event("me", "me@2-1", "a");
  const { asked, lines } = await told(["me"], [ready("me", "1-7"), gap]);
  expect(lines).toEqual(["me ready", "me epoch_changed", "me 2-1 a"]);
  expect(asked.map(({ last }) => last)).toEqual([null, "me@1-7", "me@2-1"]);
});

test("nothing is told twice, and before something would be passed over the log is asked", async () => {
  const { asked, lines } = await told(["me"], [ready("me", "1-1") + event("me", "me@1-2", "a") + event("me", "me@1-2", "a") + event("me", "me@1-5", "c"), event("me", "me@1-3", "b")]);
  expect(lines).toEqual(["me ready", "me 1-2 a", "me 1-3 b"]);
  expect(asked.map(({ last }) => last)).toEqual([null, "me@1-2", "me@1-3"]);
});

test("whoever cannot connect waits longer each time, and as long as the server asks for after it closed", async () => {
  const closed = `${ready("me", "1-7")}retry: 777\nevent: close\ndata: {"reason":"draining","resume_at":"me@1-7"}\n\n`;
  const { waits } = await told(["me"], [new Error("no"), new Error("no"), new Error("no"), closed, problem(429, "stream.too_many_of_user", { "retry-after": "9" })]);
  const [first, second, third, fourth, fifth] = waits as [number, number, number, number, number];
  expect(first).toBeLessThanOrEqual(1_000);
  expect(second).toBeGreaterThanOrEqual(1_000);
  expect(third).toBeGreaterThanOrEqual(2_000);
  expect(third).toBeLessThanOrEqual(4_000);
  expect(fourth).toBe(777);
  expect(fifth).toBe(9_000);
});

test("a token that is not taken, or whose session was revoked, is renewed at once, and without another one it ends", async () => {
  const tokens = ["second", "third", undefined];
  const token = async (refused?: string): Promise<string | undefined> => (refused === undefined ? current : (current = tokens.shift()));
  let current: string | undefined = "first";
  const revoked = `${ready("me", "1-7")}event: close\ndata: {"reason":"revoked","resume_at":null}\n\n`;
  const { asked, lines, waits } = await told(["me"], [problem(401, "identity.unauthenticated"), revoked, event("me", "me@1-8", "a"), problem(401, "identity.unauthenticated")], token);
  expect(asked.map(({ token }) => token)).toEqual(["Bearer first", "Bearer second", "Bearer third", "Bearer third"]);
  expect(waits.length).toBe(2);
  expect(lines).toEqual(["me ready", "me 1-8 a", "stopped: not signed in"]);
});

test("a room that is not there any more is left out, and the others go on", async () => {
  const ended = `${ready("me", "1-1")}event: ended\ndata: {"stream":"rom_b","reason":"forbidden","resume_at":null}\n\n`;
  const { asked, lines } = await told(["me", ROOM, "rom_b"], [problem(404, "room.not_found"), problem(404, "room.not_found"), problem(200, ""), ended, event("me", "me@1-2", "a")]);
  expect(asked.map(({ url }) => url)).toEqual([
    "/api/v1/stream?me=1&room=rom_a&room=rom_b",
    "/api/v1/rooms/rom_a",
    "/api/v1/rooms/rom_b",
    "/api/v1/stream?me=1&room=rom_b",
    "/api/v1/stream?me=1",
    "/api/v1/stream?me=1",
  ]);
  expect(lines).toEqual([`${ROOM} forbidden`, "me ready", "rom_b forbidden", "me 1-2 a"]);
});

test("whoever asks in a wrong way is told, and does not ask again", async () => {
  const { asked, lines } = await told(["me"], [problem(403, "identity.forbidden")]);
  expect(asked.length).toBe(1);
  expect(lines).toEqual(["stopped: identity.forbidden: no"]);
});

test("other streams are another connection at once, and those that stay go on where they were", async () => {
  const asked: string[] = [];
  let connections: ReadableStreamDefaultController<Uint8Array>[] = [];
  const bytes = new TextEncoder();
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(`${new URL(request.url).search} ${String(request.headers.get("last-event-id"))}`);
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (connections = [...connections, controller]) });
    request.signal.addEventListener("abort", () => connections[0]?.error(new Error("aborted")));
    return new Response(body);
  };
  const lines: string[] = [];
  const follower: Follower = { event: () => undefined, reload: (stream) => lines.push(stream), connected: (yes) => lines.push(yes ? "on" : "off") };
  const following = new Following(overEvents({ url: "http://c.test", fetch }), ["me"], follower);
  await expect.poll(() => connections.length).toBe(1);
  connections[0]?.enqueue(bytes.encode(ready("me", "1-7")));
  await expect.poll(() => following.positions).toEqual({ me: "1-7" });
  following.change(["me", ROOM]);
  await expect.poll(() => asked).toEqual(["?me=1 null", `?me=1&room=${ROOM} me@1-7`]);
  following.change(["me", ROOM]);
  following.stop();
  await following.done;
  expect(asked.length).toBe(2);
  expect(lines).toEqual(["on", "me", "off"]);
});

test("a silent connection is dead", async () => {
  const asked: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(request.url);
    const body = new ReadableStream<Uint8Array>({ start: (controller) => request.signal.addEventListener("abort", () => controller.error(new Error("aborted"))) });
    return new Response(body);
  };
  const stop = new AbortController();
  const following = new Following(overEvents({ url: "http://c.test", fetch }), ["me"], { event: () => undefined, reload: () => undefined }, { stop: stop.signal, silence: 20, sleep: async () => undefined });
  await expect.poll(() => asked.length).toBeGreaterThan(2);
  stop.abort();
  await following.done;
});

test("whoever stops does not wait for a server, or a token, that never answers", async () => {
  const never = new Promise<never>(() => undefined);
  const asked: string[] = [];
  for (const way of [{ fetch: () => (asked.push("fetch"), never) }, { token: () => (asked.push("token"), never) }, { fetch: async () => (asked.push("body"), new Response(new ReadableStream())) }]) {
    const before = asked.length;
    const following = new Following(overEvents({ url: "http://c.test", ...way }), ["me"], { event: () => undefined, reload: () => undefined }, { silence: 20, sleep: async () => undefined });
    // Nor does it wait where nobody stops it.
    await expect.poll(() => asked.length).toBeGreaterThan(before + 1);
    following.stop();
    await following.done;
  }
});

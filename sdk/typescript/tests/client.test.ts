import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Campanile, type Publication, type PublishOptions } from "../src/index.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const ROOM = "rom_a";

/** Publishes against `answers`, one after the other and the last one for ever, and tells the keys it went with and what came of it. */
async function published(publication: Partial<Publication>, answers: (Response | Error)[], options?: PublishOptions): Promise<{ keys: unknown[]; end: unknown }> {
  const keys: unknown[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    keys.push(((await request.json()) as Publication).dedupe_key);
    const answer = answers[Math.min(keys.length, answers.length) - 1] ?? new Error("no");
    if (answer instanceof Error) throw answer;
    return answer.clone();
  };
  const done = new Campanile({ url: "http://c.test", fetch }).publish({ room_id: ROOM, type: "a", data: {}, ...publication }, options).then(
    ({ event_id }) => event_id,
    (error: Error) => error.message,
  );
  await vi.runAllTimersAsync();
  return { keys, end: await done };
}

const taken = new Response(JSON.stringify({ event_id: "evt_a", room_id: ROOM, duplicate: false }), { status: 202 });
const problem = (status: number, headers: Record<string, string> = {}): Response => new Response(JSON.stringify({ code: "x", detail: "not taken" }), { status, headers });

test("what is published has one name however often it is sent, also where it was given none, or there is no TLS", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  for (const publication of [{}, { dedupe_key: undefined }]) {
    const { keys, end } = await published(publication, [new TypeError("lost"), problem(503), taken]);
    expect([keys.length, new Set(keys).size, end]).toEqual([3, 1, "evt_a"]);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  }
  expect((await published({ dedupe_key: "mine" }, [new TypeError("lost"), taken])).keys).toEqual(["mine", "mine"]);
});

test("it is sent for a minute, or for as long as somebody has patience, and what is refused is not sent again", async () => {
  const began = Date.now();
  expect((await published({}, [new TypeError("lost")])).end).toBe("lost");
  expect(Date.now() - began).toBeGreaterThan(45_000);
  expect((await published({}, [new TypeError("lost")], { patience: 0 })).keys.length).toBe(1);
  expect((await published({}, [problem(422)])).keys.length).toBe(1);
  expect((await published({}, [problem(503, { "retry-after": "600" })])).keys.length).toBe(1);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 3_000);
  const before = Date.now();
  expect((await published({}, [new TypeError("lost")], { signal: stop.signal })).end).toBe("lost");
  expect(Date.now() - before).toBeLessThan(5_000);
});

test("a request that is never answered is given up, by its patience and by whoever ends it", async () => {
  const hangs = (): { fetch: () => Promise<Response>; sent: () => number } => {
    let sent = 0;
    return { fetch: () => (sent++, new Promise<Response>(() => undefined)), sent: () => sent };
  };
  const end = async (options: PublishOptions): Promise<{ took: number; sent: number; why: unknown }> => {
    const [{ fetch, sent }, began] = [hangs(), Date.now()];
    const over = new Campanile({ url: "http://c.test", fetch }).publish({ room_id: ROOM, type: "a", data: {} }, options).then(
      () => ({ took: 0, why: "taken" }),
      (why: unknown) => ({ took: Date.now() - began, why }),
    );
    await vi.advanceTimersByTimeAsync(120_000);
    return { sent: sent(), ...(await Promise.race([over, { took: Infinity, why: "hangs" }])) };
  };
  const patient = await end({});
  expect([patient.sent, patient.took >= 55_000, patient.took <= 65_000]).toEqual([2, true, true]);
  expect(await end({ patience: 0 })).toMatchObject({ sent: 1, took: 5_000 });
  const stop = new AbortController();
  setTimeout(() => stop.abort("enough"), 3_000);
  expect(await end({ signal: stop.signal })).toEqual({ sent: 1, took: 3_000, why: "enough" });
  expect(await end({ signal: stop.signal })).toEqual({ sent: 0, took: 0, why: "enough" });
});

test("who is there is asked for on every new connection, and no more once the room has ended, or nobody wants to know", async () => {
  const [asked, stop]: [string[], AbortController] = [[], new AbortController()];
  let connections = 0;
  const event = (kind: string, data: object): string => `event: ${kind}\ndata: ${JSON.stringify({ stream: ROOM, ...data })}\n\n`;
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/unread")) asked.push("unread");
    if (pathname.endsWith("/presence")) asked.push("presence");
    if (pathname !== "/api/v1/stream") return new Response(JSON.stringify({ members: [], rooms: [], count: 0, total: 0, version: 1 }));
    connections += 1;
    if (connections === 1) return new Response(`id: ${ROOM}@1-1\n${event("ready", { head: "1-1" })}`);
    if (connections === 2) return new Response(new ReadableStream({ start: (controller) => void (wire = controller) }));
    throw new Error("no more");
  };
  let wire: ReadableStreamDefaultController<Uint8Array> | undefined;
  const campanile = new Campanile({ url: "http://c.test", fetch });
  const unread = campanile.unread();
  const presence = campanile.presence(ROOM);
  await vi.advanceTimersByTimeAsync(2_000);
  asked.length = 0;
  const ended: string[] = [];
  const following = campanile.follow([ROOM], { event: () => undefined, reload: () => undefined, ended: (stream) => ended.push(stream) }, { stop: stop.signal });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(connections).toBe(2);
  // It began, so all was loaded, and then it went on exactly: nothing is told, but of what is kept nowhere.
  expect(asked.filter((path) => path === "unread").length).toBe(1);
  expect(asked.filter((path) => path === "presence").length).toBeGreaterThan(1);
  wire?.enqueue(new TextEncoder().encode(`id: ${ROOM}@1-2\n${event("a", {})}${event("ended", { reason: "gone", resume_at: null })}`));
  await vi.advanceTimersByTimeAsync(2_000);
  expect([ended, presence.isOver, unread.isOver]).toEqual([[ROOM], true, false]);
  stop.abort();
  await following.done;
});

test("an address that is none is said at once, and more streams than a connection has", () => {
  const told = { event: () => undefined, reload: () => undefined };
  for (const transport of ["events", "socket"] as const) expect(() => new Campanile({ url: "/api", transport }).follow([], told)).toThrow(TypeError);
  const many = Array.from({ length: 51 }, (_, at) => `rom_${String(at)}`);
  expect(() => new Campanile({ url: "http://c.test" }).follow(many, told)).toThrow(RangeError);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Unreached } from "./problem";
import { type End, Session } from "./session";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** A server that hands out one token after the other, or refuses. */
function server(answers: (() => Response | Promise<Response>)[] = []): { fetch: typeof fetch; asked: () => number } {
  let asked = 0;
  const answering = vi.fn(async () => {
    const answer = answers[asked++];
    return answer ? answer() : Response.json({ access_token: `token ${String(asked)}`, expires_in: 600 });
  });
  return { fetch: answering as unknown as typeof fetch, asked: () => asked };
}

test("ten that want a token at once are given the same, and the server is asked once", async () => {
  const { fetch, asked } = server();
  const session = new Session(fetch);
  const tokens = await Promise.all(Array.from({ length: 10 }, () => session.token()));
  expect(new Set(tokens)).toEqual(new Set(["token 1"]));
  expect(asked()).toBe(1);
});

test("a token is renewed a minute before it ends, and not before", async () => {
  const { fetch, asked } = server();
  const session = new Session(fetch);
  session.begin("first", 600);
  vi.setSystemTime(Date.now() + 539_000);
  expect(await session.token()).toBe("first");
  expect(asked()).toBe(0);
  vi.setSystemTime(Date.now() + 2_000);
  expect(await session.token()).toBe("token 1");
});

test("a token that was refused is replaced once, for all that had it", async () => {
  const { fetch, asked } = server();
  const session = new Session(fetch);
  session.begin("refused", 600);
  expect(await Promise.all([session.renew("refused"), session.renew("refused")])).toEqual(["token 1", "token 1"]);
  expect(await session.renew("refused")).toBe("token 1");
  expect(asked()).toBe(1);
});

test("a session the server does not know has lapsed, and one that cannot be asked for has not", async () => {
  const refused = (): Response => Response.json({ code: "identity.bad_refresh_token", status: 401, detail: "sign in again" }, { status: 401 });
  const { fetch } = server([() => Promise.reject(new TypeError("no network")), () => new Response("busy", { status: 503 }), refused]);
  const session = new Session(fetch);
  const ends: End[] = [];
  session.onEnd((end) => ends.push(end));
  await expect(session.token()).rejects.toThrow(Unreached);
  await expect(session.token()).rejects.toMatchObject({ status: 503 });
  expect(ends).toEqual([]);
  expect(await session.token()).toBeUndefined();
  expect(ends).toEqual(["lapsed"]);
});

test("what one tab knows the others know", async () => {
  const [here, there] = [new Session(server().fetch), new Session(server().fetch)];
  const ends: End[] = [];
  const began = new Promise<void>((resolve) => there.onBegin(resolve));
  there.onEnd((end) => ends.push(end));
  here.begin("shared", 600);
  await began;
  expect(await there.token()).toBe("shared");
  here.end("left");
  await vi.waitFor(() => expect(ends).toEqual(["left"]));
});

import { expect, test, vi } from "vitest";

import { Outbox } from "./outbox.svelte";
import type { Store, Waiting } from "./store";

class InMemory implements Store {
  rows: Waiting[] = [];
  #next = 1;
  async all(): Promise<Waiting[]> {
    return [...this.rows];
  }
  async add(wish: Omit<Waiting, "id">): Promise<void> {
    this.rows.push({ ...wish, id: this.#next++ });
  }
  async remove(id: number): Promise<void> {
    this.rows = this.rows.filter((row) => row.id !== id);
  }
}

function request(method: string, path: string, key?: string): Request {
  return new Request(`http://c.test/api/v1/${path}`, { method, headers: { "content-type": "application/json", authorization: "Bearer secret", ...(key ? { "idempotency-key": key } : {}) } });
}

async function filled(): Promise<{ outbox: Outbox; store: InMemory }> {
  const store = new InMemory();
  const outbox = new Outbox(store);
  await outbox.belongsTo("usr_ada");
  await outbox.keep(request("POST", "tasks?x=1", "k1"), '{"title":"a"}');
  await outbox.keep(request("PATCH", "tasks/1", "k2"), "{}");
  await outbox.keep(request("DELETE", "tasks/2"), "");
  return { outbox, store };
}

const nobody = async (): Promise<void> => undefined;

test("wishes wait in their order, without what is secret, and once each", async () => {
  const { outbox, store } = await filled();
  expect(await outbox.keep(request("POST", "tasks", "k1"), '{"title":"a"}')).toBe(true);
  expect(outbox.count).toBe(3);
  expect(await outbox.keep(request("POST", "rooms/rom_a/comments", "k4"), '{"text":"b"}')).toBe(true);
  expect(store.rows.map(({ method, url, headers, body }) => [method, url, headers, body])).toEqual([
    ["POST", "/api/v1/tasks?x=1", { "content-type": "application/json", "idempotency-key": "k1" }, '{"title":"a"}'],
    ["PATCH", "/api/v1/tasks/1", { "content-type": "application/json", "idempotency-key": "k2" }, "{}"],
    ["DELETE", "/api/v1/tasks/2", { "content-type": "application/json" }, ""],
    ["POST", "/api/v1/rooms/rom_a/comments", { "content-type": "application/json", "idempotency-key": "k4" }, '{"text":"b"}'],
  ]);
});

test("what must not wait does not: reads, secrets, and what could happen twice", async () => {
  const { outbox } = await filled();
  for (const [method, path, key] of [["GET", "tasks", "k"], ["POST", "users/me/password", "k"], ["POST", "api-keys", "k"], ["POST", "auth/logout", "k"], ["POST", "tasks", undefined], ["POST", "rooms/rom_a/invitations", "k"], ["POST", "products/a/notifications/re-stock", "k"], ["DELETE", "recipients/a", undefined]] as const) {
    expect(await outbox.keep(request(method, path, key), "")).toBe(false);
  }
  const nobodys = new Outbox(new InMemory());
  expect(await nobodys.keep(request("POST", "tasks", "k"), "")).toBe(false);
});

test("all is sent in order, and what is refused is told and does not hold up the others", async () => {
  const { outbox, store } = await filled();
  const [sent, told]: [string[], string[]] = [[], []];
  const answers = [new Response("{}", { status: 201 }), new Response("{}", { status: 412 }), new Response("{}", { status: 404 })];
  await outbox.flush(
    async ({ url }) => (sent.push(url), answers[sent.length - 1] ?? Response.error()),
    async ({ url }) => void told.push(url),
  );
  expect(sent).toEqual(["/api/v1/tasks?x=1", "/api/v1/tasks/1", "/api/v1/tasks/2"]);
  expect(told).toEqual(["/api/v1/tasks/1"]);
  expect([store.rows.length, outbox.count]).toEqual([0, 0]);
});

test("whoever cannot be asked, or has no time, is asked later from the same place on", async () => {
  for (const busy of [undefined, 401, 429, 500, 503]) {
    const { outbox, store } = await filled();
    let asked = 0;
    await outbox.flush(async () => {
      asked += 1;
      if (asked === 1) return new Response("{}", { status: 201 });
      if (busy === undefined) throw new TypeError("no network");
      return new Response("{}", { status: busy });
    }, nobody);
    expect([asked, store.rows.length, outbox.count]).toEqual([2, 2, 2]);
  }
});

const said = (room: string, key: string): Request => request("POST", `rooms/${room}/comments`, key);

test("what is said after something that waits waits behind it, and the next thing the server answers is a reason to send both", async () => {
  const { outbox, store } = await filled();
  expect(await outbox.keepBehind(said("rom_a", "k4"))).toBe(false);
  await outbox.keep(said("rom_a", "k4"), "{}");
  expect([await outbox.keepBehind(said("rom_b", "k5")), await outbox.keepBehind(request("POST", "tasks", "k6"))]).toEqual([false, false]);
  const before = outbox.due;
  outbox.answered();
  outbox.answered();
  expect(outbox.due).toBe(before + 1);
  expect(await outbox.keepBehind(said("rom_a", "k7"))).toBe(true);
  expect(outbox.due).toBe(before + 2);
  expect((await outbox.waitingFor("/api/v1/rooms/rom_a/comments")).map(({ headers }) => headers["idempotency-key"])).toEqual(["k4", "k7"]);
  const sent: string[] = [];
  await outbox.flush(async ({ headers }) => (sent.push(headers["idempotency-key"] ?? ""), new Response("{}", { status: 201 })), nobody);
  expect([sent, store.rows]).toEqual([["k1", "k2", "", "k4", "k7"], []]);
});

test("too much said in one room holds up what is for that room alone, and for as long as the server says", async () => {
  vi.useFakeTimers();
  const outbox = new Outbox(new InMemory());
  await outbox.belongsTo("usr_ada");
  for (const [room, key] of [["rom_a", "k1"], ["rom_a", "k2"], ["rom_b", "k3"]] as const) await outbox.keep(said(room, key), "{}");
  await outbox.keep(request("POST", "tasks", "k4"), "{}");
  const sent: string[] = [];
  const flush = (status: number): Promise<void> =>
    outbox.flush(async ({ headers, url }) => {
      sent.push(headers["idempotency-key"] ?? "");
      return url.includes("rom_a") ? new Response("{}", { status, headers: { "retry-after": "50" } }) : new Response("{}", { status: 201 });
    }, nobody);
  await flush(429);
  expect([sent, outbox.count]).toEqual([["k1", "k3", "k4"], 2]);
  vi.advanceTimersByTime(49_000);
  await flush(201);
  expect(sent.length).toBe(3);
  vi.advanceTimersByTime(1_000);
  await flush(201);
  expect([sent, outbox.count]).toEqual([["k1", "k3", "k4", "k1", "k2"], 0]);
  vi.useRealTimers();
});

test("what waited for a day is not sent, and told", async () => {
  const { outbox, store } = await filled();
  for (const row of store.rows) row.at -= 24 * 60 * 60 * 1_000;
  let told = 0;
  await outbox.flush(() => Promise.reject(new Error("never sent")), async () => void told++);
  expect([told, outbox.count]).toEqual([3, 0]);
});

test("wishes of another person stay where they are", async () => {
  const { outbox, store } = await filled();
  await outbox.belongsTo("usr_bob");
  expect(outbox.count).toBe(0);
  await outbox.flush(() => Promise.reject(new Error("not Bob's")), nobody);
  await outbox.empty();
  expect(store.rows.length).toBe(3);
});

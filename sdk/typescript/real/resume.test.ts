import { expect, test } from "vitest";

import type { StreamEvent } from "../src/index.js";
import { counting, house, numberIn, room, upTo } from "./house.js";

const { server, person } = house();

for (const transport of ["events", "socket"] as const) {
  test(`over ${transport}, two rooms and one's own stream go on exactly where they were, through two kills of the server`, async () => {
    const ada = await person("Ada");
    const rooms = [await room(ada), await room(ada)];
    const heard = new Map<string, number[]>(rooms.map((id) => [id, []]));
    const reloads: string[] = [];
    let connections = 0;
    const following = ada.with({ transport }).follow(["me", ...rooms], {
      event: ({ stream, kind, data }: StreamEvent) => {
        if (kind === "count") heard.get(stream)?.push(numberIn(data));
      },
      reload: (stream) => reloads.push(stream),
      connected: (yes) => (connections += yes ? 1 : 0),
    });
    await expect.poll(() => reloads.length).toBe(3);
    const count = counting(ada, rooms);
    for (let kill = 1; kill <= 2; kill++) {
      const before = heard.get(rooms[1] ?? "")?.length ?? 0;
      await expect.poll(() => heard.get(rooms[1] ?? "")?.length ?? 0).toBeGreaterThan(before + 20);
      await server.kill();
      await server.start();
      await expect.poll(() => connections).toBeGreaterThan(kill);
    }
    const n = await count.stop();
    for (const id of rooms) {
      await expect.poll(() => heard.get(id)?.length).toBe(n);
      expect(heard.get(id)).toEqual(upTo(n));
    }
    expect(reloads.length, "nothing had to be loaded anew").toBe(3);
    // What was kept goes on in another process.
    const kept = following.positions;
    following.stop();
    await following.done;
    await ada.campanile.publish({ room_id: rooms[0] ?? "", type: "count", data: { n: n + 1 } });
    const later: unknown[] = [];
    const again = ada.with({ transport }).follow(["me", ...rooms], { event: ({ kind, data }) => void (kind === "count" && later.push(numberIn(data))), reload: () => later.push("reload") }, { since: kept });
    await expect.poll(() => later).toEqual([n + 1]);
    again.stop();
  });

  test(`over ${transport}, rooms come and go while it follows, and one that somebody is taken out of ends`, async () => {
    const [ada, bob] = [await person("Ada"), await person("Bob")];
    const [first, second] = [await room(ada, bob), await room(ada, bob)];
    const told: string[] = [];
    const following = bob.with({ transport }).follow([first], {
      event: ({ stream, id, kind }) => {
        // Who comes and goes is told as well, and is kept nowhere.
        if (id !== undefined) told.push(`${kind} ${stream === first ? "first" : "second"}`);
      },
      reload: (stream) => told.push(`reload ${stream === first ? "first" : "second"}`),
      ended: (stream, reason) => told.push(`${reason} ${stream === first ? "first" : "second"}`),
    });
    await expect.poll(() => told).toEqual(["reload first"]);
    following.change([first, second]);
    await expect.poll(() => told).toEqual(["reload first", "reload second"]);
    await ada.campanile.publish({ room_id: second, type: "a", data: {} });
    await expect.poll(() => told.at(-1)).toBe("a second");
    await ada.campanile.ask("DELETE", `/api/v1/rooms/${first}/members/${bob.id}`);
    await expect.poll(() => told.at(-1)).toBe("forbidden first");
    await ada.campanile.publish({ room_id: second, type: "b", data: {} });
    await expect.poll(() => told.at(-1)).toBe("b second");
    expect(following.streams).toEqual([second]);
    // Asked for all the same, it is left out, and the others are followed.
    following.change([first, second]);
    await expect.poll(() => told.at(-1)).toBe("forbidden first");
    await ada.campanile.publish({ room_id: second, type: "c", data: {} });
    await expect.poll(() => told.at(-1)).toBe("c second");
    following.stop();
    await following.done;
  });

  test(`over ${transport}, a token that is not taken is renewed, and without another one it stops`, async () => {
    const ada = await person("Ada");
    const told: string[] = [];
    let tokens: (string | undefined)[] = ["cma_wrong", ada.token];
    const token = async (refused?: string): Promise<string | undefined> => (refused === undefined ? tokens[0] : (tokens = tokens.slice(1))[0]);
    const follower = { event: () => undefined, reload: () => told.push("reload"), stopped: () => told.push("stopped") };
    const following = ada.with({ transport, token }).follow(["me"], follower);
    await expect.poll(() => told).toEqual(["reload"]);
    tokens = ["cma_wrong"];
    await ada.campanile.ask("POST", "/api/v1/auth/logout");
    await expect.poll(() => told).toEqual(["reload", "stopped"]);
    await following.done;
  });
}

test("a publication whose answer was lost is sent again, and happens once", async () => {
  const ada = await person("Ada");
  const id = await room(ada);
  let sent = 0;
  // What answers the first time is not heard.
  const fetch = async (request: Request): Promise<Response> => {
    const answer = await globalThis.fetch(request);
    sent += 1;
    if (sent === 1) throw new TypeError("the connection broke");
    return answer;
  };
  const published = await ada.with({ fetch }).publish({ room_id: id, type: "order.paid", data: { order: 4711 } });
  expect([sent, published.duplicate]).toEqual([2, true]);
  const { events } = await ada.campanile.ask<{ events: { type: string }[] }>("GET", `/api/v1/rooms/${id}/events`);
  expect(events.filter(({ type }) => type === "order.paid").length).toBe(1);
});

test("what is unread is counted live, and what is read on another device counts here", async () => {
  const [ada, bob] = [await person("Ada"), await person("Bob")];
  const id = await room(ada, bob);
  const unread = bob.campanile.unread();
  let head = "";
  const following = bob.campanile.follow(["me", id], { event: (event) => (head = event.stream === id ? (event.id ?? head) : head), reload: () => undefined });
  await expect.poll(() => following.positions[id]).toBeDefined();
  for (let n = 0; n < 3; n++) await ada.campanile.publish({ room_id: id, type: "note", data: { n } });
  await expect.poll(() => [unread.total, unread.of(id)]).toEqual([3, 3]);
  await bob.with({}).markRead(id, head);
  await expect.poll(() => unread.total).toBe(0);
  following.stop();
});

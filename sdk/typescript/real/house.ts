// A real server, and people who are signed up in it.
import { afterAll, beforeAll } from "vitest";

import { PASSWORD, Server } from "../../../web/tests/browser/server.js";
import { Campanile, type Options } from "../src/index.js";

export interface Person {
  id: string;
  token: string;
  campanile: Campanile;
  /** The same person, followed in another way. */
  with(options: Options): Campanile;
}

export function house(): { server: Server; person(name: string): Promise<Person> } {
  const server = new Server();
  let people = 0;
  beforeAll(() => server.start());
  afterAll(() => server.remove());
  return {
    server,
    async person(name) {
      const email = `${name.toLowerCase()}-${String(process.pid)}-${String(++people)}@example.org`;
      const body = { email, password: PASSWORD, display_name: name, time_zone: "Asia/Seoul", locale: "en" };
      const { user, access_token: token } = await new Campanile({ url: server.url }).ask<{ user: { id: string }; access_token: string }>("POST", "/api/v1/auth/signup", body);
      const make = (options: Options = {}): Campanile => new Campanile({ url: server.url, token, ...options });
      return { id: user.id, token, campanile: make(), with: make };
    },
  };
}

export interface Room {
  id: string;
}

/** A room of `person`, into which `others` have come. */
export async function room({ campanile }: Person, ...others: Person[]): Promise<string> {
  const { id } = await campanile.ask<Room>("POST", "/api/v1/rooms", { name: "Choir" });
  for (const other of others) {
    const { token } = await campanile.ask<{ token: string }>("POST", `/api/v1/rooms/${id}/invitations`, { role: "member" });
    await other.campanile.ask("POST", "/api/v1/invitations/accept", { token });
  }
  return id;
}

/** Publishes 1, 2, … into `rooms` in turn, one after the other, until it is stopped; each once, whatever happens to the server. */
export function counting({ campanile }: Person, rooms: readonly string[]): { stop(): Promise<number> } {
  let [isOver, n] = [false, 0];
  const done = (async () => {
    while (!isOver) {
      n += 1;
      for (const room_id of rooms) await campanile.publish({ room_id, type: "count", data: { n }, dedupe_key: `count-${String(n)}` });
    }
  })();
  return {
    async stop() {
      isOver = true;
      await done;
      return n;
    },
  };
}

/** 1 to `n`. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, at) => at + 1);
}

/** The number in an event of `counting`. */
export function numberIn(data: unknown): number {
  return (data as { data: { n: number } }).data.n;
}

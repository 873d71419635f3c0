// Clients of others, as they come, through a kill of the server.
import { spawn } from "node:child_process";

import { EventSource } from "eventsource";
import { expect, test } from "vitest";

import { type Message, Parser } from "../src/index.js";
import { counting, house, numberIn, room, upTo } from "./house.js";

const { server, person } = house();

async function restart(heard: readonly unknown[]): Promise<void> {
  const before = heard.length;
  await expect.poll(() => heard.length).toBeGreaterThan(before + 20);
  await server.kill();
  await server.start();
}

test("the EventSource of npm resumes exactly, one room and many", async () => {
  const ada = await person("Ada");
  const id = await room(ada);
  const authorised = (url: string | URL, init: RequestInit = {}): Promise<Response> => fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${ada.token}` } });
  const sources = [`/api/v1/rooms/${id}/stream`, `/api/v1/stream?me=1&room=${id}`].map((path) => {
    const [heard, told]: [number[], string[]] = [[], []];
    const source = new EventSource(new URL(path, server.url), { fetch: authorised });
    source.addEventListener("count", ({ data }) => heard.push(numberIn(JSON.parse(data as string))));
    for (const kind of ["ready", "gap"]) source.addEventListener(kind, () => told.push(kind));
    return { source, heard, told };
  });
  await expect.poll(() => sources.map(({ told }) => told.includes("ready"))).toEqual([true, true]);
  const count = counting(ada, [id]);
  await restart(sources[0]?.heard ?? []);
  await expect.poll(() => sources.map(({ source }) => source.readyState)).toEqual([1, 1]);
  const n = await count.stop();
  for (const { source, heard, told } of sources) {
    await expect.poll(() => heard.length).toBe(n);
    expect(heard).toEqual(upTo(n));
    expect(told).not.toContain("gap");
    source.close();
  }
});

test("a WebSocket of the platform resumes exactly, from the last id it has seen", async () => {
  const ada = await person("Ada");
  const id = await room(ada);
  const heard: number[] = [];
  let [last, isOver, opened]: [string | undefined, boolean, number] = [undefined, false, 0];
  let present: WebSocket | undefined;
  const connect = async (): Promise<void> => {
    if (isOver) return;
    const again = (): void => void setTimeout(() => void connect(), 100);
    const { ticket } = await ada.campanile.ask<{ ticket: string }>("POST", "/api/v1/auth/tickets").catch(() => ({ ticket: undefined }));
    if (ticket === undefined) return again();
    const socket = (present = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/socket?ticket=${ticket}`));
    socket.onopen = () => socket.send(JSON.stringify({ op: "subscribe", stream: id, ...(last === undefined ? {} : { since: last }) }));
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const said = JSON.parse(data) as { event: string; id?: string; data: unknown };
      if (said.event === "ready") opened += 1;
      if (said.event === "count") heard.push(numberIn(said.data));
      last = said.id ?? last;
    };
    socket.onclose = again;
  };
  await connect();
  await expect.poll(() => opened).toBe(1);
  const count = counting(ada, [id]);
  await restart(heard);
  const before = heard.length;
  await expect.poll(() => heard.length).toBeGreaterThan(before);
  const n = await count.stop();
  await expect.poll(() => heard.length).toBe(n);
  expect(heard).toEqual(upTo(n));
  isOver = true;
  present?.close();
});

test("curl -N resumes exactly, with the last id it has printed", async () => {
  const ada = await person("Ada");
  const id = await room(ada);
  const messages: Message[] = [];
  const follow = (last?: string): Promise<void> => {
    const headers = [`authorization: Bearer ${ada.token}`, ...(last === undefined ? [] : [`last-event-id: ${last}`])];
    const curl = spawn("curl", ["-sN", ...headers.flatMap((header) => ["-H", header]), `${server.url}/api/v1/rooms/${id}/stream`], { stdio: ["ignore", "pipe", "inherit"] });
    const parser = new Parser();
    // What has no id has no place: who comes and goes is told, and kept nowhere.
    curl.stdout.setEncoding("utf8").on("data", (text: string) => messages.push(...parser.push(text).filter(({ id }) => id !== undefined)));
    return new Promise((done) => curl.on("exit", () => done()));
  };
  const first = follow();
  await expect.poll(() => messages.length).toBe(1);
  const count = counting(ada, [id]);
  await restart(messages);
  await first;
  const second = follow(messages.at(-1)?.id);
  const before = messages.length;
  await expect.poll(() => messages.length).toBeGreaterThan(before);
  const n = await count.stop();
  await expect.poll(() => messages.length).toBe(n + 1);
  expect(messages.slice(1).map(({ data }) => numberIn(JSON.parse(data)))).toEqual(upTo(n));
  await server.kill();
  await second;
  await server.start();
});

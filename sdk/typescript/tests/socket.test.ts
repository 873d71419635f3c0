import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

import { backAfter, wordsOf } from "../src/socket.js";

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
  expect(words({ event: "refused", stream: "rom_b", data: { code: "room.not_found", detail: "" } })).toEqual([]);
  expect(words({ event: "close", data: { reason: "draining", resume_at: {}, retry_ms: 1200 } })).toEqual([{ word: "retry", ms: 1200 }]);
  expect(words({ event: "heartbeat", data: { heads: {} } })).toEqual([{ word: "pulse" }]);
});

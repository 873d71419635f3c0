import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { afterEach, expect, test } from "vitest";

import { Refused } from "../api/problem";
import { language } from "./language.svelte";
import { explain } from "./refusal";

const began = language.current;
afterEach(() => void language.choose(began));

const refused = (code: string, detail: string, retryAfter?: number): Refused => new Refused({ type: "x", title: "X", status: 429, code, detail, trace_id: "" }, retryAfter);

/** What the page never sends: it publishes nothing, and names the version of what it changes. */
const NEVER_MET = ["room.event_too_large", "room.dedupe_key_taken", "room.version_required", "room.invalid"];

test("whatever is refused in a room, or of a product, has Korean words", () => {
  language.choose("ko");
  const source = ["rooms/error.rs", "campaigns/error.rs", "campaigns/round.rs"].map((file) => readFileSync(resolve(import.meta.dirname, "../../../crates/domain/src", file), "utf8")).join("\n");
  const codes = [...source.matchAll(/=> "([a-z]+\.[a-z_]+)"/g)].map(([, code]) => code ?? "");
  expect(codes.length).toBeGreaterThan(40);
  const unsaid = codes.filter((code) => explain(refused(code, "not in Korean")) === "Not in Korean.");
  expect(unsaid.sort()).toEqual([...NEVER_MET].sort());
});

test("how long to wait is said once, in both languages", () => {
  const error = refused("room.too_fast", "you say too much at once in this room: come back in 50 seconds", 50);
  for (const shown of ["en", "ko"] as const) {
    language.choose(shown);
    expect(explain(error).match(/50/g)).toHaveLength(1);
  }
});

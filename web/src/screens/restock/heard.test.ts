import { expect, test } from "vitest";

import type { Round } from "../../api/schema";
import { Heard, heardBy } from "./heard.svelte";

function round(of: string, number: number, said: Partial<Round>): Round {
  return { id: of, round: number, status: "IN_PROGRESS", total: 100, frozen: true, sent: 0, skipped: 0, failed: 0, in_flight: 0, version: 1, ...said } as Round;
}

test("a late answer takes nothing back, and no round is another's", () => {
  const heard = new Heard();
  heard.hear(round("prd_a", 1, { sent: 10 }), 1_000);
  heard.hear(round("prd_a", 1, { sent: 60 }), 2_000);
  expect(heard.hear(round("prd_a", 1, { sent: 40 }), 3_000).sent).toBe(60);
  heard.hear(round("prd_a", 1, { sent: 50, status: "PAUSED", version: 2 }), 4_000);
  expect(heard.hear(round("prd_a", 1, { sent: 60 }), 5_000).status).toBe("PAUSED");
  heard.hear(round("prd_b", 1, { sent: 5 }), 1_000);
  heard.hear(round("prd_a", 2, {}), 6_000);
  expect(heard.of("prd_a", 1)).toMatchObject({ status: "PAUSED", sent: 50 });
  expect(heard.of("prd_b", 1)?.sent).toBe(5);
  expect(heard.all("prd_a").map(({ round }) => round)).toEqual([2, 1]);
  // What was told late is in no rate.
  expect(heard.samplesOf("prd_a", 1).map(({ sent }) => sent)).toEqual([10, 60]);
});

test("so many rounds are kept, and those that go are the ones that say nothing any more", () => {
  const heard = new Heard();
  heard.hear(round("prd_alive", 1, {}), 0);
  for (let n = 1; n <= 300; n++) {
    heard.hear(round("prd_many", n, { sent: n }), n);
    heard.hear(round("prd_alive", 1, { sent: Math.floor(n / 4) }), n);
  }
  expect(heard.all("prd_many")).toHaveLength(199);
  expect(heard.of("prd_alive", 1)?.sent).toBe(75);
});

test("whoever comes after somebody else finds nothing of theirs", () => {
  heardBy("usr_a").hear(round("prd_a", 1, {}), 0);
  expect(heardBy("usr_a").all("prd_a")).toHaveLength(1);
  expect(heardBy("usr_b").all("prd_a")).toEqual([]);
  expect(heardBy("usr_a").all("prd_a")).toEqual([]);
});

test("a last round is read where nobody told of it, and after a silence where something may have happened", () => {
  const heard = new Heard();
  heard.hear(round("prd_done", 2, { status: "COMPLETED" }), 0);
  heard.hear(round("prd_runs", 1, {}), 0);
  heard.hear(round("prd_paused", 1, { status: "PAUSED" }), 0);
  heard.hear(round("prd_failed", 1, { status: "CANCELED_BY_ERROR" }), 0);
  heard.hear(round("prd_older", 3, { status: "COMPLETED" }), 0);
  const products = [["prd_done", 2], ["prd_runs", 1], ["prd_paused", 1], ["prd_failed", 1], ["prd_older", 4], ["prd_none", 0], ["prd_new", 1]].map(([id, round]) => ({ id: String(id), round: Number(round) }));
  const unsure = (): string[] => products.filter((product) => heard.isUnsure(product)).map(({ id }) => id);
  expect(unsure()).toEqual(["prd_older", "prd_new"]);
  heard.doubt();
  expect(unsure()).toEqual(["prd_runs", "prd_paused", "prd_failed", "prd_older", "prd_new"]);
  heard.hear(round("prd_paused", 1, { status: "PAUSED" }), 1);
  heard.glance(round("prd_runs", 1, { status: "COMPLETED", version: 2 }), 1);
  expect(unsure()).toEqual(["prd_failed", "prd_older", "prd_new"]);
  expect(heard.of("prd_runs", 1)?.status).toBe("COMPLETED");
});

test("a glance at a thousand products that are done takes the place of nothing", () => {
  const heard = new Heard();
  heard.hear(round("prd_paused", 1, { status: "PAUSED" }), 0);
  for (let n = 1; n <= 1_000; n++) heard.glance(round(`prd_${String(n)}`, 1, { status: "COMPLETED" }), n);
  heard.glance(round("prd_failed", 1, { status: "CANCELED_BY_ERROR" }), 1_001);
  expect(heard.of("prd_paused", 1)?.status).toBe("PAUSED");
  expect(heard.of("prd_failed", 1)?.status).toBe("CANCELED_BY_ERROR");
  expect(heard.of("prd_1000", 1)).toBeUndefined();
});

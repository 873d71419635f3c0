import { expect, test } from "vitest";

import type { LastRound, Round } from "../../api/schema";
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

test("of the last round of a product counts what is later: what the product says, or what was heard since", () => {
  const heard = new Heard();
  const said = { round: 2, status: "IN_PROGRESS", total: 100, frozen: true, sent: 40, skipped: 0, failed: 0, version: 1 } as const;
  const product = (last_round: LastRound | null): { id: string; last_round: LastRound | null } => ({ id: "prd_a", last_round });
  expect(heard.lastOf(product(null))).toBeUndefined();
  expect(heard.lastOf(product(said))).toMatchObject({ sent: 40 });
  heard.hear(round("prd_a", 1, { status: "PAUSED", version: 2 }), 0);
  expect(heard.lastOf(product(said))).toMatchObject({ round: 2, sent: 40 });
  heard.hear(round("prd_a", 2, { sent: 60 }), 1);
  expect(heard.lastOf(product(said))).toMatchObject({ sent: 60 });
  // It was paused and ended while nothing was heard.
  expect(heard.lastOf(product({ ...said, sent: 70, status: "CANCELED", version: 3 }))).toMatchObject({ status: "CANCELED", sent: 70 });
});

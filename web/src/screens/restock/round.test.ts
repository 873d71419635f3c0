import { expect, test } from "vitest";

import type { Round } from "../../api/schema";
import { later, mayGoOn, partsOf, percentOf } from "./round";

function round(said: Partial<Round> = {}): Round {
  return {
    product_id: "SKU-1",
    id: "prd_01jd2n9w3fkz8q4v6x0c5b7m1t",
    round: 1,
    status: "IN_PROGRESS",
    cause: "asked",
    total: 1_000,
    frozen: true,
    sent: 0,
    skipped: 0,
    failed: 0,
    waiting: 1_000,
    in_flight: 0,
    unknown: 0,
    last_recipient: null,
    first_unsent: 1,
    rate_per_second: 0,
    strict: false,
    started_at: "2026-11-22T00:00:00Z",
    paused_at: null,
    finished_at: null,
    expires_at: null,
    version: 1,
    ...said,
  };
}

test("of two tellings of a round the later one counts, whichever came first", () => {
  const early = round({ sent: 100 });
  const late = round({ sent: 90, failed: 20 });
  expect(later(early, late)).toBe(late);
  expect(later(late, early)).toBe(late);
  // A stop counts, also where an answer that was on its way says that more were told by then.
  const stopped = round({ sent: 80, status: "PAUSED", version: 2 });
  expect(later(stopped, late)).toBe(stopped);
  expect(later(late, stopped)).toBe(stopped);
  const growing = round({ total: 500, frozen: false });
  expect(later(round({ total: 700, frozen: false }), growing).total).toBe(700);
  expect(later(round({ total: 500 }), growing).frozen).toBe(true);
  // What is on its way comes and goes: of two that differ in nothing else, the one that came last.
  const calling = round({ sent: 100, in_flight: 3 });
  expect(later(early, calling)).toBe(calling);
  expect(later(calling, early)).toBe(early);
  expect(later(undefined, early)).toBe(early);
});

test("a round is at a hundred when everybody is settled, and at nothing known while people are written down", () => {
  expect(partsOf(round({ frozen: false, sent: 10 }))).toBeUndefined();
  expect(percentOf(round({ frozen: false, sent: 10 }))).toBeUndefined();
  expect(partsOf(round({ sent: 999, waiting: 1 }))?.percent).toBe(99);
  expect(partsOf(round({ total: 1_000_000, sent: 999_990, failed: 9, waiting: 1 }))?.percent).toBe(99);
  expect(partsOf(round({ sent: 600, skipped: 300, failed: 100, status: "COMPLETED" }))).toEqual({ percent: 100, sent: 60, skipped: 30, failed: 10, inFlight: 0 });
  expect(partsOf(round({ total: 0 }))?.percent).toBe(0);
  expect(partsOf(round({ total: 0, status: "COMPLETED" }))?.percent).toBe(100);
  // It was stopped before everybody was written down, and stays so.
  expect(partsOf(round({ frozen: false, status: "CANCELED", sent: 500 }))?.percent).toBe(50);
});

test("a round goes on while it is the last, stopped and not ended, and there is something in stock", () => {
  const product = { round: 1, stock: 3 };
  for (const status of ["PAUSED", "CANCELED_BY_SOLD_OUT", "CANCELED_BY_ERROR"] as const) expect(mayGoOn(round({ status }), product), status).toBe(true);
  for (const status of ["IN_PROGRESS", "CANCELED", "COMPLETED"] as const) expect(mayGoOn(round({ status }), product), status).toBe(false);
  expect(mayGoOn(round({ status: "PAUSED" }), { round: 2, stock: 3 })).toBe(false);
  expect(mayGoOn(round({ status: "PAUSED" }), { round: 1, stock: 0 })).toBe(false);
});

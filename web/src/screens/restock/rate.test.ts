import { expect, test } from "vitest";

import type { Round } from "../../api/schema";
import { type Sample, calm, noted, pointsOf, secondsLeft, spanOf, topOf } from "./rate";

const BEGAN = Date.parse("2026-11-22T00:00:00Z");
const ALL_AT_ONCE = { stock: 5, pacing: { strict: false, per_item: null, wait_seconds: null } };

/** Only what rates are made of. */
function told(sent: number, more: Partial<Round> = {}): Round {
  return { status: "IN_PROGRESS", frozen: true, total: 10_000, sent, skipped: 0, failed: 0, in_flight: 0, rate_per_second: 0, ...more } as Round;
}

function series(...heard: [seconds: number, sent: number][]): readonly Sample[] {
  return heard.reduce<readonly Sample[]>((samples, [seconds, sent]) => noted(samples, told(sent), BEGAN + seconds * 1_000), []);
}

function rates(samples: readonly Sample[]): [seconds: number, rate: number][] {
  return pointsOf(samples).map(({ at, rate }) => [(at - BEGAN) / 1_000, Math.round(rate)]);
}

test("a rate is what was told between two moments, also where some between them were missed", () => {
  expect(rates(series([0, 0], [1, 490], [2, 990], [10, 4_990]))).toEqual([[1, 490], [2, 500], [10, 500]]);
  expect(rates(series([0, 0]))).toEqual([]);
});

test("what comes late or twice changes nothing, and what comes close together makes no peak", () => {
  expect(rates(series([0, 0], [2, 900], [1, 490], [2, 900], [3, 800], [3, 1_400]))).toEqual([[2, 450], [3, 500]]);
  // A stop is told right behind the last second.
  expect(rates(series([0, 0], [1, 500], [1.01, 525], [2, 525]))).toEqual([[1, 500], [2, 25]]);
});

test("a pause is a rate of nothing", () => {
  expect(rates(series([0, 0], [1, 500], [61, 500], [62, 1_000]))).toEqual([[1, 500], [61, 0], [62, 500]]);
});

test("hours of a round are kept in few samples, and their counts stay right", () => {
  let samples: readonly Sample[] = [];
  for (let second = 0; second <= 20_000; second++) samples = noted(samples, told(second * 500), BEGAN + second * 1_000);
  expect(samples.length).toBeLessThanOrEqual(600);
  expect(samples[0]?.sent).toBe(0);
  expect(samples.at(-1)?.sent).toBe(10_000_000);
  for (const { rate } of pointsOf(samples)) expect(rate).toBeCloseTo(500);
  // The last two minutes are there second by second.
  expect(samples.slice(-100).every(({ at }, index, all) => index === 0 || at - (all[index - 1]?.at ?? 0) === 1_000)).toBe(true);
});

test("the time left goes by the pace of the last half minute", () => {
  const samples = series([0, 0], [60, 600], [90, 3_600]);
  expect(secondsLeft(told(3_600), samples, ALL_AT_ONCE)).toBeCloseTo(64);
  // Whoever has just come goes by what the round says.
  expect(secondsLeft(told(5_000, { rate_per_second: 500 }), [], ALL_AT_ONCE)).toBe(10);
  expect(secondsLeft(told(5_000), [], ALL_AT_ONCE)).toBeUndefined();
  expect(secondsLeft(told(10_000), samples, ALL_AT_ONCE)).toBe(0);
  for (const stopped of [{ status: "PAUSED" }, { frozen: false }] as const) expect(secondsLeft(told(3_600, stopped), samples, ALL_AT_ONCE)).toBeUndefined();
});

test("waves take their pauses at the least, also while nobody is told", () => {
  const inWaves = { stock: 5, pacing: { strict: false, per_item: 100, wait_seconds: 60 } };
  expect(secondsLeft(told(9_000, { rate_per_second: 500 }), [], inWaves)).toBe(60);
  expect(secondsLeft(told(8_999, { rate_per_second: 500 }), [], inWaves)).toBe(120);
  expect(secondsLeft(told(8_000), series([0, 8_000], [10, 8_000]), inWaves)).toBe(180);
});

test("times left and axes are in steps", () => {
  expect([0, 1, 5, 5.1, 59, 60, 61, 3_599].map(calm)).toEqual([5, 5, 5, 10, 60, 60, 120, 3_600]);
  expect([0, 1, 3, 25, 490, 500, 560, 1_000].map(topOf)).toEqual([4, 4, 4, 30, 600, 600, 800, 1_500]);
});

test("an axis of time is a minute wide at least, around a single point as well", () => {
  expect(spanOf([])).toEqual([0, 60]);
  expect(spanOf([{ at: 1_795_331_400_000, rate: 30 }])).toEqual([1_795_331_400, 1_795_331_460]);
  expect(spanOf([{ at: 1_000_000, rate: 1 }, { at: 1_300_000, rate: 2 }])).toEqual([1_000, 1_300]);
});

import { expect, test } from "vitest";

import { asClock, durationOf, lengthInWords, secondsOf } from "./duration";

test("durations are read and written as the API does", () => {
  for (const [iso, seconds] of [["PT0S", 0], ["PT30M", 1_800], ["P1D", 86_400], ["P1W", 604_800], ["P1DT2H3M4S", 93_784], ["PT1.5S", 1.5]] as const) {
    expect(secondsOf(iso)).toBe(seconds);
  }
  for (const none of ["", "P", "PT", "P1M", "PT1D", "-PT1M", "1H", "P1DT"]) expect(secondsOf(none)).toBeUndefined();
  for (let seconds = 0; seconds < 200_000; seconds += 977) expect(secondsOf(durationOf(seconds))).toBe(seconds);
});

test("lengths are said to the minute", () => {
  expect(lengthInWords(45)).toBe("45 seconds");
  expect(lengthInWords(60)).toBe("1 minute");
  expect(lengthInWords(5_430)).toBe("1 hour 30 minutes");
  expect(lengthInWords(86_400)).toBe("1 day");
  expect(asClock(65)).toBe("1:05");
  expect(asClock(3_725.9)).toBe("1:02:05");
});

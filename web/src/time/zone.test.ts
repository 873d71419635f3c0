import { expect, test } from "vitest";

import { addDays, addMonths, dateOf, daysBetween, instantOf, offsetOf, wallOf, weekOf } from "./zone";

test("an instant has the wall time of its zone, on both sides of a change and of midnight", () => {
  for (const [instant, zone, wall] of [
    ["2026-11-20T00:30:00Z", "Asia/Seoul", "2026-11-20T09:30:00"],
    ["2026-11-19T15:00:00.123456Z", "Asia/Seoul", "2026-11-20T00:00:00"],
    ["2026-03-29T00:59:59Z", "Europe/Berlin", "2026-03-29T01:59:59"],
    ["2026-03-29T01:00:00Z", "Europe/Berlin", "2026-03-29T03:00:00"],
    ["2026-06-01T00:00:00Z", "Asia/Kathmandu", "2026-06-01T05:45:00"],
    ["2026-06-01T00:00:00Z", "America/Los_Angeles", "2026-05-31T17:00:00"],
  ] as const) {
    expect(wallOf(instant, zone)).toBe(wall);
    expect(dateOf(instant, zone)).toBe(wall.slice(0, 10));
    expect(instantOf(wall, zone).getTime()).toBe(Math.floor(Date.parse(instant) / 1_000) * 1_000);
  }
});

test("a wall time that is skipped moves on by the gap, and of two the first is meant", () => {
  expect(instantOf("2026-03-29T02:30:00", "Europe/Berlin").toISOString()).toBe("2026-03-29T01:30:00.000Z");
  expect(instantOf("2026-10-25T02:30:00", "Europe/Berlin").toISOString()).toBe("2026-10-25T00:30:00.000Z");
  expect(instantOf("2026-03-08T02:30:00", "America/New_York").toISOString()).toBe("2026-03-08T07:30:00.000Z");
  expect(instantOf("2026-11-01T01:30:00", "America/New_York").toISOString()).toBe("2026-11-01T05:30:00.000Z");
  expect(instantOf("2026-10-04T02:15:00", "Australia/Lord_Howe").toISOString()).toBe("2026-10-03T15:45:00.000Z");
  expect(instantOf("2026-09-06", "America/Santiago").toISOString()).toBe("2026-09-06T04:00:00.000Z");
});

test("around every change of a year, half-hours come back from their wall time, except the repeated ones", () => {
  for (const [zone, count] of [["Europe/Berlin", 2], ["Australia/Lord_Howe", 1], ["America/New_York", 2]] as const) {
    let repeated = 0;
    for (const [from, to] of [[Date.UTC(2026, 2, 5), Date.UTC(2026, 3, 8)], [Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 4)]] as const) {
      for (let at = from; at < to; at += 1_800_000) {
        const back = instantOf(wallOf(at, zone), zone).getTime();
        if (back === at) continue;
        repeated += 1;
        expect(wallOf(back, zone)).toBe(wallOf(at, zone));
        expect(back).toBeLessThan(at);
      }
    }
    expect(repeated).toBe(count);
  }
});

test("dates are counted without clocks", () => {
  expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  expect(addDays("2024-03-01", -1)).toBe("2024-02-29");
  expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
  expect(addMonths("2026-12-15", 1)).toBe("2027-01-15");
  expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
  expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
  expect(weekOf("2026-11-22", "monday")).toBe("2026-11-16");
  expect(weekOf("2026-11-22", "sunday")).toBe("2026-11-22");
  expect(weekOf("2026-11-22", "saturday")).toBe("2026-11-21");
  expect(offsetOf("2026-11-20T00:00:00.5Z", "America/St_Johns")).toBe(-210);
});

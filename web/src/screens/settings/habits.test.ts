import { expect, test } from "vitest";

import { strongest } from "./habits";

test("the strongest hours come first, and hours without work never", () => {
  const hours = Array.from({ length: 168 }, () => 0);
  [hours[9], hours[24 + 9], hours[6 * 24 + 23], hours[100]] = [600, 3_600, 600, 60];
  expect(strongest(hours)).toEqual([
    { day: 1, hour: 9, seconds: 3_600 },
    { day: 0, hour: 9, seconds: 600 },
    { day: 6, hour: 23, seconds: 600 },
  ]);
  expect(strongest(hours.map(() => 0))).toEqual([]);
});

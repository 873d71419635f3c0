import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Refused, Unreached } from "../../api/problem";
import { Marks } from "./marks";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const refused = (status: number): Refused => new Refused({ type: "x", title: "X", status, code: "x", detail: "no", trace_id: "" });

test("what is seen is told at once, and of a room that never rests once a second", async () => {
  const told: string[] = [];
  const marks = new Marks(async (upTo) => told.push(upTo));
  marks.upTo("1-1");
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(["1-1"]);
  for (let seq = 2; seq <= 50; seq++) {
    marks.upTo(`1-${String(seq)}`);
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.length).toBeLessThanOrEqual(7);
  expect(told.at(-1)).toBe("1-50");
  // Seen again is not told again, and whoever goes has been told of.
  marks.upTo("1-50");
  await vi.advanceTimersByTimeAsync(5_000);
  const before = told.length;
  marks.upTo("1-51");
  marks.close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told.slice(before)).toEqual(["1-51"]);
});

test("what could not be told is told again, and what is refused is not", async () => {
  const mark = vi.fn(async (_: string) => undefined);
  const marks = new Marks(mark.mockRejectedValueOnce(new Unreached()).mockRejectedValueOnce(refused(503)));
  marks.upTo("1-1");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(mark.mock.calls.map(([upTo]) => upTo)).toEqual(["1-1", "1-1", "1-1"]);
  mark.mockClear();
  mark.mockRejectedValueOnce(refused(404));
  marks.upTo("1-2");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(mark).toHaveBeenCalledTimes(1);
});

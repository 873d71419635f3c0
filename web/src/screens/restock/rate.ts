// How fast a round goes, out of what it said of itself: once a second while all is well, later where something was missed. Rates are made of
// counts and the time between them, so what was missed is spread over the time in which it happened, and nothing is counted twice.
import type { Pacing, Product, Round } from "../../api/schema";
import { settled } from "./round";

export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  sent: number;
  settled: number;
}

/** So many told per second, up to `at`. */
export interface Point {
  at: number;
  rate: number;
}

/** More than that are not kept: of what is long ago, every other one goes. */
const [MOST, KEPT_WHOLE] = [600, 120];
/** Counts that come closer together make no rate: a permit of 25 within a few milliseconds is no thousand a second. */
const CLOSEST_MS = 500;
/** Over which the pace is taken that the time left goes by. */
const PACE_MS = 30_000;

/** `samples` with what a round says at this moment; what says less than is known, or comes from before, adds nothing. */
export function noted(samples: readonly Sample[], round: Round, at: number): readonly Sample[] {
  const [sample, last] = [{ at, sent: round.sent, settled: settled(round) }, samples.at(-1)];
  if (last && (at <= last.at || sample.sent < last.sent || sample.settled < last.settled)) return samples;
  const all = [...samples, sample];
  return all.length <= MOST ? all : all.filter((_, index) => index % 2 === 0 || index >= all.length - KEPT_WHOLE);
}

/** Told per second, from one sample to the next. */
export function pointsOf(samples: readonly Sample[]): Point[] {
  const points: Point[] = [];
  let from: Sample | undefined;
  for (const sample of samples) {
    if (from && sample.at - from.at < CLOSEST_MS) continue;
    if (from) points.push({ at: sample.at, rate: ((sample.sent - from.sent) * 1_000) / (sample.at - from.at) });
    from = sample;
  }
  return points;
}

/** How many are settled in a second, lately; undefined if nobody knows yet. */
function paceOf(samples: readonly Sample[]): number | undefined {
  const last = samples.at(-1);
  const first = last && samples.find(({ at }) => at >= last.at - PACE_MS);
  if (!last || !first || last.at - first.at < CLOSEST_MS) return undefined;
  return ((last.settled - first.settled) * 1_000) / (last.at - first.at);
}

/**
 * Seconds until everybody in `round` is settled, if it goes on as lately; undefined where nobody can say. Told in waves, it takes the pauses
 * between them at the least.
 */
export function secondsLeft(round: Round, samples: readonly Sample[], { stock, pacing }: Pick<Product, "stock" | "pacing">): number | undefined {
  if (round.status !== "IN_PROGRESS" || !round.frozen) return undefined;
  const left = round.total - settled(round);
  if (left <= 0) return 0;
  const pauses = pausesOf(left, stock, pacing);
  const pace = paceOf(samples) ?? round.rate_per_second;
  if (pace <= 0) return pauses;
  return Math.max(left / pace, pauses ?? 0);
}

function pausesOf(left: number, stock: number, { per_item, wait_seconds }: Pacing): number | undefined {
  if (!per_item || !wait_seconds || stock <= 0) return undefined;
  return Math.floor((left - 1) / (per_item * stock)) * wait_seconds;
}

/** The same in steps that can be read: it does not flicker while it is looked at. */
export function calm(seconds: number): number {
  const step = seconds < 60 ? 5 : 60;
  return Math.max(step, Math.ceil(seconds / step) * step);
}

/** Less than that is drawn as wide: the first seconds would else be a step across all of it. */
const NARROWEST_SECONDS = 60;

/** The two ends of an axis of time for `points`, in seconds since 1970. */
export function spanOf(points: readonly Point[]): [from: number, to: number] {
  const from = (points[0]?.at ?? 0) / 1_000;
  return [from, Math.max((points.at(-1)?.at ?? 0) / 1_000, from + NARROWEST_SECONDS)];
}

const TOPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The upper end of an axis for what goes up to `most`, with a little air above it. */
export function topOf(most: number): number {
  const wanted = Math.max(1, most * 1.08);
  const ten = 10 ** Math.floor(Math.log10(wanted));
  return Math.max(4, (TOPS.find((top) => top * ten >= wanted) ?? 10) * ten);
}

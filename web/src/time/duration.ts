// Durations as the API writes them (ISO 8601: `PT30M`, `P1DT2H`), in seconds, and in words.
import { shared } from "../words/shared";

/** The seconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds; undefined if it is none. */
export function secondsOf(iso: string): number | undefined {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso);
  if (!found || iso.endsWith("T") || iso === "P") return undefined;
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number];
  return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** The duration of so many whole seconds, as the API takes it. */
export function durationOf(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  const text = `${hours ? `${String(hours)}H` : ""}${minutes ? `${String(minutes)}M` : ""}${rest ? `${String(rest)}S` : ""}`;
  return `PT${text || "0S"}`;
}

/** In words, to the minute from a minute on: `1 hour 30 minutes`, `2일 3시간`. */
export function lengthInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return shared.seconds(whole);
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3_600), Math.floor((whole % 3_600) / 60)];
  const said = [days && shared.days(days), hours && shared.hours(hours), minutes && shared.minutes(minutes)];
  return said.filter(Boolean).join(" ");
}

/** As a clock that runs: `0:05`, `1:02:03`. */
export function asClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours ? `${String(hours)}:${two(minutes)}:${two(rest)}` : `${String(minutes)}:${two(rest)}`;
}

// The rules that the editor of the calendar makes, worked out as docs/recurrence.md says: daily, weekly, monthly and yearly with
// INTERVAL, COUNT, UNTIL, BYDAY and one BYMONTHDAY. What else the server knows of RFC 5545 is refused in words.
import { addDays, addMonths, daysBetween, instantOf, weekOf, weekdayOf } from "../time/zone";
import { Refusal, notAvailable } from "./refusal";

const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"] as const;
const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
/** An endless rule ends here. */
const LAST_YEAR = "2200-12-31";

export interface Rule {
  frequency: (typeof FREQUENCIES)[number];
  interval: number;
  count: number | undefined;
  /** `20261231`, `20261231T150000`, `20261231T150000Z`. */
  until: string | undefined;
  /** 0 is Sunday; `nth` is 0 for each of them. */
  days: { day: number; nth: number }[];
  monthDay: number | undefined;
}

/** How something repeats: a rule, dates beside it and dates taken away. */
export interface Recurrence {
  rrule: string;
  rdates: string[];
  exdates: string[];
}

/** Reads a rule, and prints it in the one form of the server. */
export function read(text: string): Rule {
  const parts = new Map<string, string>();
  for (const part of text.replace(/^RRULE:/i, "").toUpperCase().split(";")) {
    const [name = "", value, ...rest] = part.split("=");
    if (!/^[A-Z]+$/.test(name) || !value || rest.length > 0 || parts.has(name)) throw malformed();
    parts.set(name, value);
  }
  const given = parts.get("FREQ");
  if (given === undefined) throw malformed();
  const frequency = FREQUENCIES.find((it) => it === given);
  if (!frequency) {
    if (/^(HOURLY|MINUTELY|SECONDLY)$/.test(given)) throw new Refusal(422, "schedule.rrule_unsupported", "FREQ: hours and shorter are not done");
    throw new Refusal(422, "schedule.rrule_out_of_range", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY");
  }
  const known = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"];
  for (const name of parts.keys()) {
    if (known.includes(name)) continue;
    if (!/^(BYMONTH|BYWEEKNO|BYYEARDAY|BYHOUR|BYMINUTE|BYSECOND|BYSETPOS)$/.test(name)) throw malformed();
    throw notAvailable(`the demonstration knows no ${name}; the server does`);
  }
  const [count, until] = [numberOf(parts, "COUNT", 1, 10_000), parts.get("UNTIL")];
  if (count !== undefined && until !== undefined) throw new Refusal(422, "schedule.rrule_contradictory", "COUNT and UNTIL exclude each other");
  if (until !== undefined && !/^\d{8}(T\d{6}Z?)?$/.test(until)) throw new Refusal(422, "schedule.rrule_out_of_range", "UNTIL cannot be read");
  if ((parts.get("WKST") ?? "MO") !== "MO") throw notAvailable("weeks of rules begin on Monday in the demonstration");
  const rule: Rule = { frequency, interval: numberOf(parts, "INTERVAL", 1, 1_000) ?? 1, count, until, days: daysOf(parts.get("BYDAY")), monthDay: numberOf(parts, "BYMONTHDAY", -31, 31) };
  const numbered = rule.days.some(({ nth }) => nth !== 0);
  if ((numbered && frequency !== "MONTHLY" && frequency !== "YEARLY") || (rule.monthDay !== undefined && frequency === "WEEKLY")) {
    throw new Refusal(422, "schedule.rrule_contradictory", `not with ${frequency}`);
  }
  const isSimple = rule.monthDay === undefined ? rule.days.length === 0 || frequency !== "YEARLY" : rule.days.length === 0 && frequency === "MONTHLY";
  if (!isSimple) throw notAvailable("the demonstration does not know this rule; the server does");
  return rule;
}

function malformed(): Refusal {
  return new Refusal(422, "schedule.rrule_malformed", "a rule is a list of NAME=VALUE with names of RFC 5545, each once");
}

function numberOf(parts: ReadonlyMap<string, string>, name: string, least: number, most: number): number | undefined {
  const text = parts.get(name);
  if (text === undefined) return undefined;
  if (text.includes(",")) throw notAvailable(`the demonstration knows one ${name} only; the server knows more`);
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || value < least || value > most || value === 0) throw new Refusal(422, "schedule.rrule_out_of_range", `${name} is out of range`);
  return value;
}

function daysOf(text: string | undefined): Rule["days"] {
  const days = (text?.split(",") ?? []).map((each) => {
    const found = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(each);
    const nth = Number(found?.[1] ?? 0);
    if (!found || Math.abs(nth) > 53) throw new Refusal(422, "schedule.rrule_out_of_range", "BYDAY cannot be read");
    return { day: DAYS.indexOf(found[2] as (typeof DAYS)[number]), nth };
  });
  const monday = (day: number): number => (day + 6) % 7;
  return days.sort((one, other) => one.nth - other.nth || monday(one.day) - monday(other.day));
}

/** The one form of a rule: parts in order, defaults left out. */
export function print({ frequency, interval, count, until, days, monthDay }: Rule): string {
  const parts = [`FREQ=${frequency}`];
  if (interval !== 1) parts.push(`INTERVAL=${String(interval)}`);
  if (count !== undefined) parts.push(`COUNT=${String(count)}`);
  if (until !== undefined) parts.push(`UNTIL=${until}`);
  if (monthDay !== undefined) parts.push(`BYMONTHDAY=${String(monthDay)}`);
  if (days.length > 0) parts.push(`BYDAY=${days.map(({ day, nth }) => `${nth === 0 ? "" : String(nth)}${DAYS[day] ?? ""}`).join(",")}`);
  return parts.join(";");
}

/** The names of all occurrences in order: the wall times, or dates, that the rule gives to what begins at `start`. */
export function* names({ rrule, rdates, exdates }: Recurrence, start: string, zone: string): Generator<string> {
  const beside = rdates.filter((date) => date !== start).sort();
  let last = "";
  for (const name of merged(ruled(read(rrule), start, zone), beside)) {
    if (name !== last && !exdates.includes(name)) yield name;
    last = name;
  }
}

function* merged(rule: Iterable<string>, beside: string[]): Generator<string> {
  let next = 0;
  for (const name of rule) {
    for (let other = beside[next]; other !== undefined && other < name; other = beside[++next]) yield other;
    yield name;
  }
  yield* beside.slice(next);
}

/** The start, which always counts, and what the rule adds. */
function* ruled(rule: Rule, start: string, zone: string): Generator<string> {
  const [first, time] = [start.slice(0, 10), start.slice(10)];
  let given = 1;
  yield start;
  for (const date of dates(rule, first)) {
    if (date <= first) continue;
    const name = `${date}${time}`;
    if (date > LAST_YEAR || (rule.count !== undefined && given >= rule.count) || isAfter(name, rule.until, zone)) return;
    given += 1;
    yield name;
  }
}

function isAfter(name: string, until: string | undefined, zone: string): boolean {
  if (until === undefined) return false;
  const [date, time] = [until.replace(/^(\d{4})(\d\d)(\d\d).*$/, "$1-$2-$3"), until.slice(9).replace(/^(\d\d)(\d\d)(\d\d)Z?$/, "$1:$2:$3")];
  if (time === "") return name.slice(0, 10) > date;
  if (until.endsWith("Z")) return instantOf(name, zone).getTime() > Date.parse(`${date}T${time}Z`);
  return name.length === 10 ? name > date : name > `${date}T${time}`;
}

/** Dates of the periods of a rule, from that of `first` on, in order and without end but for the calendar's. */
function* dates({ frequency, interval, days, monthDay }: Rule, first: string): Generator<string> {
  for (let step = 0; ; step += interval) {
    if (frequency === "DAILY") {
      const date = addDays(first, step);
      if (date > LAST_YEAR) return;
      if (days.length === 0 || days.some(({ day }) => day === weekdayOf(date))) yield date;
    } else if (frequency === "WEEKLY") {
      const monday = addDays(weekOf(first, "monday"), step * 7);
      if (monday > LAST_YEAR) return;
      const wanted = days.length > 0 ? days.map(({ day }) => day) : [weekdayOf(first)];
      for (let day = 0; day < 7; day++) if (wanted.includes(weekdayOf(addDays(monday, day)))) yield addDays(monday, day);
    } else {
      const month = addMonths(`${first.slice(0, 7)}-01`, frequency === "MONTHLY" ? step : step * 12);
      if (month > LAST_YEAR) return;
      yield* inMonth(month, days, monthDay ?? Number(first.slice(8)));
    }
  }
}

/** What a rule names in the month that begins on `month`; a day that does not exist is passed over. */
function inMonth(month: string, days: Rule["days"], monthDay: number): string[] {
  const length = daysBetween(month, addMonths(month, 1));
  if (days.length === 0) {
    const day = monthDay > 0 ? monthDay : length + 1 + monthDay;
    return day >= 1 && day <= length ? [addDays(month, day - 1)] : [];
  }
  const found: string[] = [];
  for (let at = 0; at < length; at++) {
    const date = addDays(month, at);
    const isNamed = ({ day, nth }: Rule["days"][number]): boolean => {
      const place = nth > 0 ? Math.floor(at / 7) + 1 : nth < 0 ? -(Math.floor((length - 1 - at) / 7) + 1) : 0;
      return day === weekdayOf(date) && place === nth;
    };
    if (days.some(isNamed)) found.push(date);
  }
  return found;
}

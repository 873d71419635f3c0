// Restock rounds: begun, stopped, gone on with, and worked off by the clock of the page, some people a second (docs/campaigns.md). Whoever has
// no account is handed over to a service of the owner's, which a demonstration has in thought.
import type { Product as ProductView, RestockForecast, RestockRequest, RoundCause, RoundPage, RoundRecipient, RoundRecipientPage, Round as RoundView } from "../api/schema";
import { Otherwise, Text, ascending, pageOf } from "./http";
import { find as product, touch, view as viewOfProduct, waiting } from "./products";
import { Refusal, invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import type { LedgerLine, Product, Round, World } from "./world";

/** Told in a second: few, so that there is something to be seen. */
const [PACE, STRICT_PACE, SECOND] = [24, 8, 1_000];
/** Named by a forecast. */
const NAMED = 10;
/** Of so many, one has moved without a word; and of one nobody answers at first. */
const [LOST, UNANSWERED] = [41, 100];
const MOST_STOCK = 2 ** 53;

function count(round: Round, state: LedgerLine["state"]): number {
  return round.ledger.filter((line) => line.state === state).length;
}

function nameOf(world: World, who: string): string | null {
  return world.state.recipients.get(who)?.name ?? null;
}

function view(world: World, of: Product, round: Round): RoundView {
  const [sent, skipped, failed] = [count(round, "SENT"), count(round, "SKIPPED"), count(round, "FAILED")];
  const last = round.ledger.findLast(({ state }) => state === "SENT");
  return {
    product_id: of.key,
    id: of.id,
    round: round.number,
    status: round.status,
    cause: round.cause,
    total: round.ledger.length,
    frozen: true,
    sent,
    skipped,
    failed,
    waiting: round.ledger.length - round.next,
    in_flight: 0,
    unknown: round.unknown,
    last_recipient: last ? { position: last.position, user_id: last.who, name: nameOf(world, last.who) } : null,
    first_unsent: round.next < round.ledger.length ? round.next + 1 : null,
    rate_per_second: round.rate,
    strict: round.strict,
    started_at: iso(round.started),
    paused_at: round.paused === null ? null : iso(round.paused),
    finished_at: round.finished === null ? null : iso(round.finished),
    expires_at: round.expires === null ? null : iso(round.expires),
    version: round.version,
  };
}

/** The entity tag of a round: of its number and its version, so that none is another's. */
export function tagOf({ round, version }: Pick<RoundView, "round" | "version">): string {
  return `"${String(round * 2 ** 32 + version)}"`;
}

/** Holds `If-Match` against the round that is there. */
function fits(ifMatch: string | undefined, { number, version }: Round): void {
  if (ifMatch === undefined || ifMatch === "*" || ifMatch === tagOf({ round: number, version })) return;
  throw new Refusal(412, "round.version_mismatch", `another round or version is meant: round ${String(number)} is at version ${String(version)}`);
}

function tell(world: World, of: Product, round: Round): RoundView {
  const shown = view(world, of, round);
  world.tell("campaign.changed", { ...shown });
  return shown;
}

export function find(world: World, name: string, number: string): [Product, Round] {
  const of = product(world, name);
  const round = of.rounds.find((each) => String(each.number) === number);
  if (!round) throw notFound("round");
  return [of, round];
}

export function get(world: World, name: string, number: string): RoundView {
  return view(world, ...find(world, name, number));
}

export function list(world: World, of: Product, query: { limit?: string; cursor?: string }): RoundPage {
  const newest = (one: string, other: string): number => ascending(other, one);
  const { items, next_cursor } = pageOf([...of.rounds].reverse(), query, ({ number }) => String(number).padStart(9, "0"), newest);
  return { items: items.map((round) => view(world, of, round)), next_cursor };
}

function lineView(world: World, { position, who, state, at, attempts, reason }: LedgerLine): RoundRecipient {
  const when = at === null ? null : iso(at);
  const isBegun = state === "SENT" || state === "FAILED";
  return { position, user_id: who, name: nameOf(world, who), state, attempts, started_at: isBegun ? when : null, sent_at: state === "SENT" ? when : null, settled_at: when, next_at: null, reason };
}

export function ledger(world: World, [name, number]: [string, string], query: { state?: string; user_id?: string; limit?: string; cursor?: string }): RoundRecipientPage {
  const [, round] = find(world, name, number);
  const { state, user_id } = query;
  if (state !== undefined && !["WAITING", "IN_FLIGHT", "RETRY", "SENT", "SKIPPED", "FAILED"].includes(state)) throw invalid("query", { pointer: "/state", detail: "there is no such state" });
  const found = round.ledger.filter((line) => (state === undefined || line.state === state) && (user_id === undefined || line.who === user_id));
  const { items, next_cursor } = pageOf(found, query, ({ position }) => String(position).padStart(12, "0"), ascending);
  return { items: items.map((line) => lineView(world, line)), next_cursor };
}

/** What begins like a formula begins with an apostrophe, so that no table program computes it. */
function cell(value: string | number | null): string {
  const text = /^[=+\-@＝＋－＠\t\r]/.test(String(value ?? "")) ? `'${String(value)}` : String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function file(world: World, [name, number]: [string, string], format = "csv"): Text {
  const lines = find(world, name, number)[1].ledger.map((line) => lineView(world, line));
  if (format === "json") return new Text("application/json", JSON.stringify(lines));
  const columns = ["position", "user_id", "name", "state", "attempts", "started_at", "sent_at", "settled_at", "next_at", "reason"] as const;
  return new Text("text/csv", [columns, ...lines.map((line) => columns.map((column) => line[column] ?? null))].map((row) => `${row.map(cell).join(",")}\r\n`).join(""));
}

function isUnderWay(round: Round | undefined): round is Round {
  return round?.status === "IN_PROGRESS" || round?.status === "PAUSED";
}

function turn(world: World, round: Round, status: Round["status"], cause: RoundCause): void {
  const isOver = status === "CANCELED" || status === "COMPLETED";
  Object.assign(round, { status, cause, rate: 0, moved: world.now, paused: status === "IN_PROGRESS" || isOver ? null : world.now, finished: isOver ? world.now : null, version: round.version + 1 });
}

function endOf(world: World, expires_at: string | null | undefined): number | null {
  const expires = expires_at == null ? null : Date.parse(expires_at);
  if (expires !== null && expires <= world.now) throw new Refusal(422, "round.expires_in_the_past", "a round cannot end before it begins: expires_at lies in the past");
  return expires;
}

function raise(world: World, of: Product, cause: RoundCause, { strict, expires_at }: Partial<RestockRequest> = {}): Round {
  const expires = endOf(world, expires_at);
  const ledger = waiting(of).map((who, index): LedgerLine => ({ position: index + 1, who, place: of.line.get(who)?.position ?? 0, state: "WAITING", at: null, attempts: 0, reason: null }));
  const round: Round = {
    number: of.rounds.length + 1,
    status: "IN_PROGRESS",
    cause,
    strict: strict ?? of.strict,
    ledger,
    next: 0,
    moved: world.now,
    allowance: of.per_item === null ? null : of.stock * of.per_item,
    wave: null,
    rate: 0,
    unknown: 0,
    started: world.now,
    paused: null,
    finished: null,
    expires,
    version: 1,
  };
  of.rounds.push(round);
  return round;
}

/** Says how many there are: some again begins a round, none stops the one under way. */
export function setStock(world: World, of: Product, ifMatch: string | undefined, stock: number): ProductView {
  match("product", ifMatch, of.version, false);
  const before = put(of, stock);
  if (before === stock) return viewOfProduct(of);
  touch(world, of);
  const last = of.rounds.at(-1);
  if (before === 0) tell(world, of, raise(world, of, "restocked"));
  else if (stock === 0 && isUnderWay(last)) {
    turn(world, last, "CANCELED_BY_SOLD_OUT", "sold_out");
    tell(world, of, last);
  }
  return viewOfProduct(of);
}

/** Answers how many there were before. */
function put(of: Product, stock: number): number {
  if (!Number.isInteger(stock) || stock < 0 || stock > MOST_STOCK) throw invalid("product", { pointer: "/stock", detail: `write a whole number from 0 to ${String(MOST_STOCK)}` });
  const before = of.stock;
  of.stock = stock;
  return before;
}

export function restock(world: World, of: Product, ifMatch: string | undefined, asked: Partial<RestockRequest>): RoundView | Otherwise {
  match("product", ifMatch, of.version, false);
  const stock = asked.stock ?? of.stock;
  if (asked.dry_run === true) return new Otherwise(200, forecast(world, of, stock, asked.expires_at));
  if (asked.stock != null && put(of, asked.stock) !== asked.stock) touch(world, of);
  if (of.stock === 0) throw outOfStock();
  const last = of.rounds.at(-1);
  if (isUnderWay(last)) return view(world, of, last);
  touch(world, of);
  return tell(world, of, raise(world, of, "asked", asked));
}

function outOfStock(): Refusal {
  return new Refusal(409, "product.out_of_stock", "nothing is in stock: set the stock, or send it along, and then raise a round");
}

function forecast(world: World, of: Product, stock: number, expires_at: string | null | undefined): RestockForecast {
  if (stock <= 0) throw outOfStock();
  const last = of.rounds.at(-1);
  if (isUnderWay(last)) return { total: 0, first: [], seconds: 0, under_way: last.number };
  endOf(world, expires_at);
  const all = waiting(of);
  const pauses = of.per_item === null ? 0 : Math.floor(Math.max(0, all.length - 1) / (stock * of.per_item)) * (of.wait_seconds ?? 0);
  const seconds = Math.max(Math.floor(Math.max(0, all.length - 1) / PACE), pauses);
  return { total: all.length, first: all.slice(0, NAMED).map((user_id) => ({ user_id, name: nameOf(world, user_id) })), seconds, under_way: null };
}

export function steer(world: World, of: Product, deed: "pause" | "resume" | "cancel", ifMatch: string | undefined, number = String(of.rounds.length)): RoundView {
  const [, round] = find(world, of.key, number);
  fits(ifMatch, round);
  if (round.status === "CANCELED" || round.status === "COMPLETED") throw new Refusal(409, "round.finished", `the round is ${round.status} and stays so: raise another one`);
  if (deed === "pause" && round.status !== "IN_PROGRESS") throw new Refusal(409, "round.not_in_progress", `the round is ${round.status}: only one that is in progress can be paused`);
  if (deed === "resume" && round.status === "IN_PROGRESS") throw new Refusal(409, "round.in_progress", "the round is in progress already");
  if (deed === "resume" && of.stock === 0) throw new Refusal(409, "round.sold_out", "nothing is in stock: the round goes on when there is");
  turn(world, round, ({ pause: "PAUSED", resume: "IN_PROGRESS", cancel: "CANCELED" } as const)[deed], "owner");
  return tell(world, of, round);
}

/** When a round ends in any case, while it has not ended. */
function endsAt({ status, expires }: Round): number | undefined {
  return status === "CANCELED" || status === "COMPLETED" ? undefined : (expires ?? undefined);
}

/** Works off what is due by now, and tells of it. */
export function step(world: World): void {
  for (const of of world.state.products) {
    // Also of one that is stopped the time is over.
    for (const each of of.rounds) {
      if ((endsAt(each) ?? Infinity) > world.now || each.status === "IN_PROGRESS") continue;
      turn(world, each, "CANCELED", "expired");
      tell(world, of, each);
    }
    const round = of.rounds.at(-1);
    if (round?.status !== "IN_PROGRESS") continue;
    let moved = false;
    while (round.status === "IN_PROGRESS" && round.moved + SECOND <= world.now) {
      second(world, of, round);
      moved = true;
    }
    if (moved) tell(world, of, round);
  }
}

/** When there is something to work off; undefined while nothing is in progress, and nothing comes to its end. */
export function nextStep(world: World): number | undefined {
  const rounds = world.state.products.flatMap((product) => product.rounds);
  const due = rounds.flatMap((round) => (round.status === "IN_PROGRESS" ? [round.moved + SECOND] : (endsAt(round) ?? [])));
  return due.length > 0 ? Math.min(...due) : undefined;
}

function second(world: World, of: Product, round: Round): void {
  const from = round.moved;
  round.moved += SECOND;
  if (round.expires !== null && round.expires <= round.moved) return turn(world, round, "CANCELED", "expired");
  if (round.wave !== null && round.wave <= round.moved && of.per_item !== null) [round.wave, round.allowance] = [null, round.next + of.stock * of.per_item];
  const pace = Math.min(round.strict ? STRICT_PACE : PACE, (round.allowance ?? Infinity) - round.next);
  const due = round.ledger.slice(round.next, round.next + Math.max(0, pace));
  for (const [index, line] of due.entries()) settle(world, of, round, line, from + Math.floor((index * SECOND) / pace));
  round.next += due.length;
  round.rate = due.filter(({ state }) => state !== "SKIPPED").length;
  if (round.next === round.ledger.length) return turn(world, round, "COMPLETED", round.cause);
  if (pace <= 0 && round.wave === null && of.wait_seconds !== null) round.wave = round.moved + of.wait_seconds * SECOND;
}

function settle(world: World, of: Product, round: Round, line: LedgerLine, at: number): void {
  const place = of.line.get(line.who);
  const isGone = !world.state.recipients.has(line.who);
  line.at = at;
  if (isGone || place?.state !== "ACTIVE" || place.position !== line.place) {
    [line.state, line.reason] = ["SKIPPED", isGone ? "gone" : "unsubscribed"];
  } else if (line.position % LOST === 0) {
    [line.state, line.attempts, line.reason] = ["FAILED", 1, "refused"];
  } else {
    const isLate = line.position % UNANSWERED === 0;
    round.unknown += Number(isLate);
    [line.state, line.attempts] = ["SENT", isLate ? 2 : 1];
    [place.state, place.round] = ["NOTIFIED", round.number];
  }
}

// What a restock round says of itself (docs/campaigns.md): which of two tellings is the later one, how far it is, and what may be done to it.
import type { LastRound, Product, Round, RoundRecipientState } from "../../api/schema";

/** As much of a round as a product says of its last one; a whole round says it, too. */
export type Told = Readonly<LastRound>;

/** Where somebody in a round may stand, in the order of the way there. */
export const ROW_STATES = ["WAITING", "IN_FLIGHT", "RETRY", "SENT", "SKIPPED", "FAILED"] as const satisfies readonly RoundRecipientState[];

/** How many of it are done with: told, passed over or given up. */
export function settled({ sent, skipped, failed }: Pick<Told, "sent" | "skipped" | "failed">): number {
  return sent + skipped + failed;
}

/**
 * The later of two tellings of one round, whichever of them arrived first. Its version grows with its state; within one state, more are
 * settled as time goes by, and more are written down. Of two that say the same, the one that arrived later.
 */
export function later<T extends Told>(known: T | undefined, come: T): T {
  if (!known) return come;
  const grows = [come.version - known.version, settled(come) - settled(known), come.total - known.total, Number(come.frozen) - Number(known.frozen)];
  return (grows.find((by) => by !== 0) ?? 0) < 0 ? known : come;
}

/** People are being told, or will be as soon as its owner says so. */
export function isUnderWay({ status }: Told): boolean {
  return status === "IN_PROGRESS" || status === "PAUSED";
}

/** Somebody who looks at all products wants to see it: it is under way, or it stopped by itself and goes on when its owner says so. */
export function isOfConcern(round: Told): boolean {
  return isUnderWay(round) || round.status === "CANCELED_BY_ERROR";
}

/** It never goes on. */
export function isOver({ status }: Round): boolean {
  return status === "CANCELED" || status === "COMPLETED";
}

/** Whether it could go on, with something in stock: the last one of its product, stopped and not ended. */
export function mayGoOn(round: Round, { round: last, stock }: Pick<Product, "round" | "stock">): boolean {
  return round.round === last && !isOver(round) && round.status !== "IN_PROGRESS" && stock > 0;
}

export interface Parts {
  /** As {@link percentOf} says. */
  percent: number;
  /** Widths, of a hundred. */
  sent: number;
  skipped: number;
  failed: number;
  inFlight: number;
}

/** How many of a hundred are settled, in whole numbers: a hundred when all are, and not before. While people are still written down, nobody knows of how many. */
export function percentOf(round: Told): number | undefined {
  const { total, frozen, status } = round;
  if (!frozen && isUnderWay(round)) return undefined;
  if (total === 0) return status === "COMPLETED" ? 100 : 0;
  return Math.floor((settled(round) * 100) / total);
}

/** How much of the line of a round each part is, where {@link percentOf} is known. */
export function partsOf(round: Round): Parts | undefined {
  const percent = percentOf(round);
  if (percent === undefined) return undefined;
  const of = (n: number): number => (round.total === 0 ? 0 : (n / round.total) * 100);
  return { percent, sent: of(round.sent), skipped: of(round.skipped), failed: of(round.failed), inFlight: of(round.in_flight) };
}

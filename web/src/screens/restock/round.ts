// What a restock round says of itself (docs/campaigns.md): which of two tellings is the later one, how far it is, and what may be done to it.
import type { Product, Round, RoundRecipientState } from "../../api/schema";

/** Where somebody in a round may stand, in the order of the way there. */
export const ROW_STATES = ["WAITING", "IN_FLIGHT", "RETRY", "SENT", "SKIPPED", "FAILED"] as const satisfies readonly RoundRecipientState[];

/** How many of it are done with: told, passed over or given up. */
export function settled({ sent, skipped, failed }: Round): number {
  return sent + skipped + failed;
}

/**
 * The later of two tellings of one round, whichever of them arrived first. Its version grows with its state; within one state, more are
 * settled as time goes by, and more are written down. Of two that say the same, the one that arrived later.
 */
export function later(known: Round | undefined, come: Round): Round {
  if (!known) return come;
  const grows = [come.version - known.version, settled(come) - settled(known), come.total - known.total, Number(come.frozen) - Number(known.frozen)];
  return (grows.find((by) => by !== 0) ?? 0) < 0 ? known : come;
}

/** People are being told, or will be as soon as its owner says so. */
export function isUnderWay({ status }: Round): boolean {
  return status === "IN_PROGRESS" || status === "PAUSED";
}

/** Somebody who looks at all products wants to see it: it is under way, or it stopped by itself and goes on when its owner says so. */
export function isOfConcern(round: Round): boolean {
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
  /** Of a hundred, in whole numbers; a hundred when everybody is settled, and not before. */
  percent: number;
  /** Widths, of a hundred. */
  sent: number;
  skipped: number;
  failed: number;
  inFlight: number;
}

/** How much of the line of a round each part is. While people are still written down, nobody knows of how many. */
export function partsOf(round: Round): Parts | undefined {
  const { total, frozen, status } = round;
  if (!frozen && isUnderWay(round)) return undefined;
  if (total === 0) return { percent: status === "COMPLETED" ? 100 : 0, sent: 0, skipped: 0, failed: 0, inFlight: 0 };
  const of = (n: number): number => (n / total) * 100;
  return { percent: Math.floor((settled(round) * 100) / total), sent: of(round.sent), skipped: of(round.skipped), failed: of(round.failed), inFlight: of(round.in_flight) };
}

// What is known of the rounds of somebody's products: answers and events in whatever order they came, and how fast each round went while
// one looked. It outlives the screen, so that whoever looks elsewhere for a minute finds the plot as they left it.
import type { Product, Round } from "../../api/schema";
import { type Sample, noted } from "./rate";
import { type Told, later } from "./round";

/** Rounds of which that is kept; the one that was heard of longest ago goes. */
const MOST = 200;

interface Known {
  round: Round;
  samples: readonly Sample[];
}

export class Heard {
  #known = $state.raw<ReadonlyMap<string, Known>>(new Map());

  /** A round of an event or an answer, at this moment by the clock of the server. Answers it as it is known then. */
  hear(round: Round, at: number): Round {
    const key = keyOf(round.id, round.round);
    const known = this.#known.get(key);
    const now = later(known?.round, round);
    if (now !== round && known) return known.round;
    const all = new Map(this.#known);
    // The one that is told of anew is the last to go.
    all.delete(key);
    all.set(key, { round: now, samples: noted(known?.samples ?? [], now, at) });
    for (const oldest of all.keys()) {
      if (all.size <= MOST) break;
      all.delete(oldest);
    }
    this.#known = all;
    return now;
  }

  /** A round of a product, by the product's `prd_…` id. */
  of(product: string, round: number): Round | undefined {
    return this.#known.get(keyOf(product, round))?.round;
  }

  samplesOf(product: string, round: number): readonly Sample[] {
    return this.#known.get(keyOf(product, round))?.samples ?? [];
  }

  /** Everything that is known of the rounds of a product, the last one first. */
  all(product: string): Round[] {
    const rounds = [...this.#known.values()].map(({ round }) => round).filter(({ id }) => id === product);
    return rounds.sort((one, other) => other.round - one.round);
  }

  /** How the last round of a product stands: as the product says, or as was heard since. */
  lastOf({ id, last_round }: Pick<Product, "id" | "last_round">): Told | undefined {
    if (!last_round) return undefined;
    const heard: Told | undefined = this.of(id, last_round.round);
    // Of two that say the same, what was read: nothing that was heard is lost by it.
    return later(heard, last_round);
  }
}

let mine: { person: string; heard: Heard } | undefined;

/** That of whoever is signed in; nobody comes upon what somebody before them heard. */
export function heardBy(person: string): Heard {
  if (mine?.person !== person) mine = { person, heard: new Heard() };
  return mine.heard;
}

function keyOf(product: string, round: number): string {
  return `${product} ${String(round)}`;
}

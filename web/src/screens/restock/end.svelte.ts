// When a round ends in any case, if somebody says so: a day and a time of the person's own zone.
import { account } from "../../account/account.svelte";
import { now } from "../../time/now";
import { instantOf, wallOf } from "../../time/zone";
import { restock } from "./words";

const HOUR = 3_600_000;
/** As far ahead as anything is planned. */
export const LATEST = "2200-12-31T23:59";

export class End {
  isSet = $state(false);
  /** `2026-11-23T18:00`; empty where what is written is no day and time. Tomorrow, unless something else is said. */
  wall = $state(wallOf(Math.ceil(now.exact / HOUR) * HOUR + 24 * HOUR, account.zone).slice(0, 16));

  readonly #at = $derived.by(() => {
    const isOne = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(this.wall) && this.wall <= LATEST;
    return this.isSet && isOne ? instantOf(`${this.wall}:00`, account.zone).getTime() : undefined;
  });

  /** As the API takes it; undefined if none is said. */
  get instant(): string | undefined {
    return this.#at === undefined ? undefined : new Date(this.#at).toISOString();
  }

  /** What is wrong with it; by the clock, which runs while one looks. */
  get wrong(): string | undefined {
    if (!this.isSet) return undefined;
    if (this.#at === undefined) return restock.untilMissing;
    return this.#at <= now.shown ? restock.untilPast : undefined;
  }

  /** Whether telling everybody takes longer than that, if it takes so many seconds. */
  comesBefore(seconds: number): boolean {
    return this.#at !== undefined && this.wrong === undefined && this.#at < now.shown + seconds * 1_000;
  }
}

// What time it is, by the server: a device whose clock is wrong shows the same "5 minutes left" as any other.
import { createSubscriber } from "svelte/reactivity";

/** A header `Date` has whole seconds and has travelled: less than this says nothing. */
const UNSURE = 2_000;

class Now {
  #ahead = 0;
  readonly #watch = createSubscriber((update) => {
    const timer = setInterval(update, 1_000);
    return () => clearInterval(timer);
  });

  /** Takes the `date` header of an answer that has just come. */
  hear(date: string | null): void {
    const said = Date.parse(date ?? "");
    if (Number.isNaN(said)) return;
    const ahead = said + 500 - Date.now();
    this.#ahead = Math.abs(ahead) < UNSURE ? 0 : ahead;
  }

  /** Milliseconds since 1970, now. */
  get exact(): number {
    return Date.now() + this.#ahead;
  }

  /** The same, for what is shown: whatever reads it in a component is computed again each second. */
  get shown(): number {
    this.#watch();
    return this.exact;
  }
}

export const now = new Now();

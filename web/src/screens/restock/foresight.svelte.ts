// What a round of a product would be, asked anew whenever the stock that it would begin with is another one; of two answers, the one that was
// asked for last.
import { api, must } from "../../api/client";
import type { RestockForecast } from "../../api/schema";

/** Whoever types a number has not finished with its first digit. */
const TYPING_MS = 250;

export class Foresight {
  #forecast = $state.raw<RestockForecast>();
  #failure = $state.raw<unknown>();
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly product_id: string) {}

  /** Undefined while it is asked for. */
  get forecast(): RestockForecast | undefined {
    return this.#forecast;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** Asks what it would be with `stock`. */
  look(stock: number): void {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    [this.#forecast, this.#failure] = [undefined, undefined];
    this.#timer = setTimeout(() => void this.#ask(stock, asked), TYPING_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  async #ask(stock: number, asked: number): Promise<void> {
    try {
      const answer = await must(api.POST("/api/v1/products/{product_id}/notifications/re-stock", { params: { path: { product_id: this.product_id } }, body: { stock, strict: null, expires_at: null, dry_run: true } }));
      if (asked === this.#asked) this.#forecast = answer as RestockForecast;
    } catch (error) {
      if (asked === this.#asked) this.#failure = error;
    }
  }
}

// How many there are to be of a product: as many as there are, also when somebody else sets that meanwhile, until a number is written. What
// is sent is only what was written: a number that merely stood there would take back what somebody else has said.
import type { Product } from "../../api/schema";
import { restock } from "./words";

export class Wanted {
  #written = $state<number | null>();
  readonly #before: Pick<Product, "stock" | "round">;

  /** Of a product as it is at any moment; at least `least` of it. */
  constructor(
    private readonly product: () => Product,
    private readonly least: number,
  ) {
    const { stock, round } = product();
    this.#before = { stock, round };
  }

  /** What stands in the field; null where it is empty. */
  get stock(): number | null {
    const { stock } = this.product();
    if (this.#written !== undefined) return this.#written;
    return stock >= this.least ? stock : null;
  }

  set stock(stock: number | null) {
    this.#written = stock;
  }

  /** What somebody wrote there; undefined if nobody has. */
  get written(): number | null | undefined {
    return this.#written;
  }

  get isWhole(): boolean {
    return this.stock !== null && Number.isSafeInteger(this.stock) && this.stock >= this.least;
  }

  /** A round has begun since one looked first. */
  get isOvertaken(): boolean {
    return this.product().round !== this.#before.round;
  }

  /** What has become of the product since one looked first, in sentences. */
  get changed(): string | undefined {
    const { stock, round } = this.product();
    const written = this.#written;
    const said = [
      stock !== this.#before.stock && restock.stockMeanwhile(this.#before.stock, stock),
      stock !== this.#before.stock && written != null && written !== stock && restock.stockReplaced(written),
      this.isOvertaken && restock.begunMeanwhile(round),
    ].filter((sentence) => sentence !== false);
    return said.length > 0 ? said.join(" ") : undefined;
  }
}

// How far one has read, told to the server: once a second at most, however much happens, and again where it could not be told, unless that was refused.
import { Errand } from "@campanile/client";

import { onErrand } from "../../api/errand";

const REST = 1_000;

export class Marks {
  #seen: string | undefined;
  #told: string | undefined;
  readonly #telling = new Errand(
    () => this.#tell(),
    () => undefined,
    { rest: REST },
  );

  /** `mark` tells the server. */
  constructor(private readonly mark: (upTo: string) => Promise<unknown>) {}

  /** All up to this position was seen. */
  upTo(position: string): void {
    if (position === this.#seen) return;
    this.#seen = position;
    this.#telling.want();
  }

  /** Nobody looks any more: what was seen is told, once. */
  close(): void {
    this.#telling.stop();
    void this.#tell().catch(() => undefined);
  }

  async #tell(): Promise<void> {
    const seen = this.#seen;
    if (seen === undefined || seen === this.#told) return;
    await onErrand(this.mark(seen));
    this.#told = seen;
  }
}

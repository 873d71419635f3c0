// Pages of a list that may have a million lines, one at a time: nothing of the others is kept but where they begin.
import type { Page } from "../../live/pages";

export class Pager {
  #begins = $state.raw<readonly (string | undefined)[]>([undefined]);

  /** Where the shown page begins: the cursor to ask with. */
  get cursor(): string | undefined {
    return this.#begins.at(-1);
  }

  /** Which page is shown; 1 is the first. */
  get number(): number {
    return this.#begins.length;
  }

  get isFirst(): boolean {
    return this.#begins.length === 1;
  }

  next({ next_cursor }: Pick<Page<unknown>, "next_cursor">): void {
    if (next_cursor) this.#begins = [...this.#begins, next_cursor];
  }

  back(): void {
    if (!this.isFirst) this.#begins = this.#begins.slice(0, -1);
  }

  /** Back to the first page: another list is shown. */
  begin(): void {
    if (!this.isFirst) this.#begins = [undefined];
  }
}

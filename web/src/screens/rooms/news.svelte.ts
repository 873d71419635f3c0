// What is new to whoever looks at a room: where it begins, and whether they have seen it.

export class News {
  /** The place of the first event that is new; Infinity where none is, undefined before anything is known. */
  #first = $state<number>();
  #isSeen = $state(true);
  /** The last place they have seen. */
  #seen = 0;

  get first(): number | undefined {
    return this.#first;
  }

  /** From which place on nothing has been seen yet; Infinity if all has. */
  get unseen(): number {
    return this.#isSeen ? Infinity : (this.#first ?? Infinity);
  }

  /** Somebody comes, the log ends at `head`, and so many of its events they have not read. That stays marked until they were away. */
  begin(head: number, unread: number): void {
    if (this.#first !== undefined) return;
    this.#first = unread > 0 ? head - unread + 1 : Infinity;
    this.#seen = head;
  }

  /** The log ends at `head`, and somebody looks at its end, or does not. */
  look(head: number, isLooking: boolean): void {
    if (isLooking) {
      [this.#seen, this.#isSeen] = [head, true];
    } else if (this.#isSeen && head > this.#seen) {
      [this.#first, this.#isSeen] = [this.#seen + 1, false];
    }
  }
}

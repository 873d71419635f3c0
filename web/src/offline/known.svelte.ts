// From when what is shown is, while the server cannot be asked: the oldest answer that was recalled.

class Known {
  #since = $state<string>();

  /** When the oldest of what is shown was read; undefined while all of it is of now. */
  get since(): string | undefined {
    return this.#since;
  }

  recalled(readAt: string | null): void {
    if (readAt && (this.#since === undefined || readAt < this.#since)) this.#since = readAt;
  }

  /** The server is there: everything is read anew. */
  anew(): void {
    this.#since = undefined;
  }
}

export const known = new Known();

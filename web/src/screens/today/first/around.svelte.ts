// Who has been shown around: kept on this device, for each account apart, also after signing out. Ids, and no secret.

const KEPT = "campanile-shown-around";
/** As many as use one device. The first to come go. */
const MOST = 20;

function read(): string[] {
  const kept = globalThis.localStorage?.getItem(KEPT);
  return kept ? kept.split(" ") : [];
}

class Around {
  #known = $state.raw<readonly string[]>(read());
  #wanted = $state<string>();

  /** Whether `user` knows the way. */
  knows(user: string): boolean {
    return this.#known.includes(user);
  }

  /** Whether `user` has asked to be shown around again. */
  asked(user: string): boolean {
    return this.#wanted === user;
  }

  /** Has seen it, or does not want to. */
  done(user: string): void {
    this.#wanted = undefined;
    this.#keep([...this.#known.filter((it) => it !== user), user].slice(-MOST));
  }

  again(user: string): void {
    this.#wanted = user;
    this.#keep(this.#known.filter((it) => it !== user));
  }

  #keep(known: readonly string[]): void {
    this.#known = known;
    globalThis.localStorage?.setItem(KEPT, known.join(" "));
  }
}

export const around = new Around();

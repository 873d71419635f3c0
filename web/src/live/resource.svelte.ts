// Something of the server that a screen shows: loaded when the screen comes, again when what it depends on changes, and again when
// the stream tells of a change, in this tab, on another device or by the server itself.
import { onDestroy, untrack } from "svelte";

import { Postponed } from "../api/problem";
import { account } from "../account/account.svelte";
import { explain } from "../words/refusal";
import { toasts } from "../ui/toasts.svelte";
import { type Kind, live } from "./live.svelte";

/** Events come in bursts; one reading after the burst sees all of it. */
const BURST = 60;

export class Resource<T> {
  #data = $state.raw<T>();
  #failure = $state.raw<unknown>();
  #loading = $state(true);
  #load: (() => Promise<T>) | undefined;
  #asked = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** The newest that is known; undefined before the first answer. */
  get data(): T | undefined {
    return this.#data;
  }

  /** Why the newest reading failed, if it did. What was read before is still there. */
  get failure(): unknown {
    return this.#failure;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** Reads by `load` from now on. Answers that were overtaken are forgotten. */
  async read(load: () => Promise<T>): Promise<void> {
    this.#load = load;
    const asked = ++this.#asked;
    this.#loading = true;
    try {
      const data = await load();
      if (asked !== this.#asked) return;
      this.#data = data;
      this.#failure = undefined;
    } catch (failure) {
      if (asked !== this.#asked) return;
      this.#failure = failure;
    }
    this.#loading = false;
  }

  /** Reads again. */
  async again(): Promise<void> {
    if (this.#load) await this.read(this.#load);
  }

  /** Reads again when the present burst of events is over. */
  soon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.again(), BURST);
  }

  /** Shows `data` without asking, because an answer or an event has brought it. */
  set(data: T): void {
    this.#asked++;
    this.#data = data;
    this.#loading = false;
  }

  /**
   * Shows at once what a wish will make of the data, and sends the wish. If it is refused, the data is as before, the server's words
   * are shown, and the answer is undefined.
   */
  async attempt<A>(change: (data: T) => T, wish: () => Promise<A>): Promise<A | undefined> {
    const before = this.#data;
    if (before !== undefined) this.set(change(before));
    try {
      const answer = await wish();
      this.soon();
      return answer;
    } catch (error) {
      if (error instanceof Postponed) {
        // It is on its way, and shown as if it had arrived; what is read again meanwhile does not know of it.
        toasts.show({ text: explain(error) });
        return undefined;
      }
      if (before !== undefined) this.set(before);
      toasts.show({ text: explain(error), tone: "bad" });
      // Refused with 409 or 412, it is not what we thought it was.
      this.soon();
      return undefined;
    }
  }

  forget(): void {
    clearTimeout(this.#soon);
    this.#asked++;
  }
}

/**
 * In a component: what `load` answers. It is called again when reactive values change that it reads before its first `await`, and
 * when events of `kinds` come, of one's own stream.
 */
export function resource<T>(load: () => Promise<T>, kinds: readonly Kind[] = []): Resource<T> {
  return resourceOf("me", load, kinds);
}

/** The same of another stream: a room's, by its id. */
export function resourceOf<T>(stream: string, load: () => Promise<T>, kinds: readonly string[]): Resource<T> {
  const made = new Resource<T>();
  $effect(() => {
    // Called here, so that what it reads is noticed; whoever reads again calls it again.
    let begun: Promise<T> | undefined = load();
    untrack(() => {
      void made.read(() => {
        const present = begun ?? load();
        begun = undefined;
        return present;
      });
    });
  });
  $effect(() => {
    if (account.standing === "in") untrack(() => made.failure && made.soon());
  });
  const stop = live.listen({ stream, kinds, event: () => made.soon(), reload: () => made.soon() });
  onDestroy(() => {
    stop();
    made.forget();
  });
  return made;
}

// How many notifications are unread. Of two counts, from wherever they came, the one with the higher version is the newer.
import { api, must } from "../api/client";
import type { UnreadView } from "../api/schema";
import { live } from "../live/live.svelte";

class Unread {
  #known = $state.raw<UnreadView>({ count: 0, version: -1 });

  constructor() {
    live.listen({
      stream: "me",
      kinds: ["unread.changed"],
      event: ({ data }) => this.hear(data as UnreadView),
      reload: () => void this.read(),
    });
  }

  get count(): number {
    return this.#known.count;
  }

  hear({ count, version }: UnreadView): void {
    if (version > this.#known.version) this.#known = { count, version };
  }

  /** Asks. A count that cannot be had now comes with the stream. */
  async read(): Promise<void> {
    await must(api.GET("/api/v1/notifications/unread")).then(
      (count) => this.hear(count),
      () => undefined,
    );
  }

  /** Nobody is there any more. */
  forget(): void {
    this.#known = { count: 0, version: -1 };
  }
}

export const unread = new Unread();

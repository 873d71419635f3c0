// What happens to whoever is signed in, as it happens: told to the parts of the page that asked for its kind.
import { onDestroy } from "svelte";

import type { Event } from "./stream";
import { shared } from "./shared";

/** The kinds of docs/streams.md. */
export type Kind =
  | "notification.created"
  | "notification.read"
  | "notification.deleted"
  | "unread.changed"
  | "schedule.changed"
  | "task.changed"
  | "progress.changed"
  | "category.changed"
  | "tag.changed"
  | "reminder.changed"
  | "session.created"
  | "session.revoked"
  | "profile.changed";

interface Listener {
  kinds: readonly string[];
  event(event: Event): void;
  reload(): void;
}

class Live {
  #connected = $state(false);
  #stop: AbortController | undefined;
  readonly #listeners = new Set<Listener>();

  /** Whether events arrive at this moment. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Follows the stream of whoever is signed in. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    shared(
      {
        event: (event) => {
          for (const listener of this.#listeners) if (listener.kinds.includes(event.kind)) listener.event(event);
        },
        reload: () => {
          for (const listener of this.#listeners) listener.reload();
        },
        connected: (yes) => (this.#connected = yes),
      },
      this.#stop.signal,
    );
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#connected = false;
  }

  /** Tells `listener` from now on; the answer ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const live = new Live();

/** In a component: `event` is told each event of `kinds`, and `reload` when some may have been missed. */
export function listens(kinds: readonly Kind[], event: (event: Event) => void, reload: () => void): void {
  onDestroy(live.listen({ kinds, event, reload }));
}

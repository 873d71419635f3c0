// What happens to whoever is signed in, and in their rooms, as it happens: told to the parts of the page that asked for its kind.
import type { StreamEvent } from "@campanile/client";
import { onDestroy } from "svelte";

import { shared } from "./shared";

/** The kinds of one's own stream (docs/streams.md). */
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
  | "room.changed"
  | "room.read"
  | "campaign.changed"
  | "session.created"
  | "session.revoked"
  | "profile.changed";

interface Listener {
  /** Whose events: `me`, the id of a room, or `all`. */
  stream: string;
  /** All of them, unless given. */
  kinds?: readonly string[];
  event(event: StreamEvent): void;
  reload(): void;
  /** What is kept nowhere, `presence.update`, may have been missed. */
  resumed?(): void;
}

class Live {
  #connected = $state(false);
  #stop: AbortController | undefined;
  #watch: ((room: string) => void) | undefined;
  #watched: string | undefined;
  readonly #listeners = new Set<Listener>();

  /** Whether events arrive at this moment. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Follows the streams of whoever is signed in. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const of = (stream: string | undefined): Listener[] => [...this.#listeners].filter((listener) => stream === undefined || listener.stream === stream || listener.stream === "all");
    this.#watch = shared(
      {
        event: (event) => {
          for (const listener of of(event.stream)) if (listener.kinds?.includes(event.kind) ?? true) listener.event(event);
        },
        reload: (stream) => {
          for (const listener of of(stream)) listener.reload();
        },
        resumed: (stream) => {
          for (const listener of of(stream)) listener.resumed?.();
        },
        connected: (yes) => (this.#connected = yes),
      },
      this.#stop.signal,
    );
    if (this.#watched !== undefined) this.#watch(this.#watched);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#watch = undefined;
    this.#connected = false;
  }

  /** Follows `room`, also where somebody has more rooms than one connection has streams, and with the next session if one ends; the answer ends that. */
  watch(room: string): () => void {
    // An address that somebody mistyped is no room: the server refuses a connection that asks for one.
    if (/^rom_[0-9a-z]{26}$/.test(room)) {
      this.#watched = room;
      this.#watch?.(room);
    }
    return () => {
      if (this.#watched === room) this.#watched = undefined;
    };
  }

  /** Tells `listener` from now on; the answer ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const live = new Live();

/** In a component: `event` is told each event of `kinds` of one's own stream, and `reload` when some may have been missed. */
export function listens(kinds: readonly Kind[], event: (event: StreamEvent) => void, reload: () => void): void {
  onDestroy(live.listen({ stream: "me", kinds, event, reload }));
}

// What is unread in one's rooms, for the navigation and the list of them.
import { Unread } from "@campanile/client";

import { api, must } from "../api/client";
import { onErrand } from "../api/errand";
import { live } from "../live/live.svelte";
import { drop } from "../offline/memory";

class RoomsUnread {
  #changes = $state(0);
  readonly #its = new Unread(
    (signal) => onErrand(must(api.GET("/api/v1/rooms/unread", { signal }))),
    () => this.#changes++,
  );

  constructor() {
    live.listen({ stream: "all", event: (event) => this.#its.hear(event), reload: () => this.#its.reload() });
    live.listen({
      stream: "me",
      kinds: ["room.changed"],
      event: ({ data }) => {
        const { room_id, change } = data as { room_id: string; change: string };
        if (["left", "removed", "deleted"].includes(change)) void drop(`/api/v1/rooms/${room_id}`);
      },
      reload: () => undefined,
    });
  }

  get total(): number {
    void this.#changes;
    return this.#its.total;
  }

  of(room: string): number {
    void this.#changes;
    return this.#its.of(room);
  }

  /** Asks. */
  read(): void {
    this.#its.reload();
  }

  /** Takes what a mark has answered. */
  mark(read: { room_id: string; unread: number; version: number }): void {
    this.#its.mark(read);
  }

  /** Nobody is there any more. */
  forget(): void {
    this.#its.forget();
  }
}

export const roomsUnread = new RoomsUnread();

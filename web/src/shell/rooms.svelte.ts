// What is unread in one's rooms, for the navigation and the list of them.
import { Unread } from "@campanile/client";

import { api, must } from "../api/client";
import { live } from "../live/live.svelte";

class RoomsUnread {
  #changes = $state(0);
  readonly #its = new Unread(
    () => must(api.GET("/api/v1/rooms/unread")),
    () => this.#changes++,
  );

  constructor() {
    live.listen({ stream: "all", event: (event) => this.#its.hear(event), reload: () => this.#its.reload() });
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

// What one has not read in one's rooms, kept up to date by what is heard (docs/rooms.md, "What one has read").
import { Errand } from "./errand.js";
import type { StreamEvent } from "./word.js";

/** What `GET /api/v1/rooms/unread` answers. */
export interface UnreadCounts {
  total: number;
  version: number;
  rooms: readonly { room_id: string; unread: number }[];
}

/** A burst of events is one question, and a room that never rests one a second. */
const PACE = { soon: 100, rest: 1_000 };

/**
 * Counts are read from the server after something has happened, never added up here: an event that was counted by an answer and heard
 * after it would count twice. Marks of one's other devices come with their count, and show at once.
 */
export class Unread {
  #counts = new Map<string, number>();
  #version = -1;
  #isOver = false;
  readonly #reading: Errand<UnreadCounts>;

  /** `load` asks the server; `changed` is told after every change. */
  constructor(
    load: (signal: AbortSignal) => Promise<UnreadCounts>,
    private readonly changed: () => void = () => undefined,
  ) {
    this.#reading = new Errand(load, (counts) => this.#take(counts), PACE);
  }

  /** In all rooms together. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** In one. */
  of(room: string): number {
    return this.#counts.get(room) ?? 0;
  }

  /** Whether it was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Hears an event of any stream. */
  hear({ stream, id, kind, data }: StreamEvent): void {
    if (stream !== "me") {
      if (id !== undefined) this.#soon();
    } else if (kind === "room.changed") {
      this.#soon();
    } else if (kind === "room.read") {
      this.mark(data as { room_id: string; unread: number; version: number });
    }
  }

  /** Takes what a mark has answered, here or on another device: of two, the one with the higher version is the newer. */
  mark({ room_id, unread, version }: { room_id: string; unread: number; version: number }): void {
    if (version <= this.#version) return;
    this.#version = version;
    this.#counts.set(room_id, unread);
    this.changed();
  }

  /** Something may have been missed; the server may have begun to count anew. */
  reload(): void {
    this.#version = -1;
    this.#soon();
  }

  /** Knows nothing, and asks nothing until it hears something. */
  forget(): void {
    this.#reading.stop();
    this.#counts = new Map();
    this.#version = -1;
    this.changed();
  }

  /** Asks nothing any more, and keeps what it knows. */
  stop(): void {
    this.#isOver = true;
    this.#reading.stop();
  }

  #soon(): void {
    if (!this.#isOver) this.#reading.want();
  }

  #take({ rooms, version }: UnreadCounts): void {
    // Something was read while the answer was on its way.
    if (version < this.#version) return this.#soon();
    this.#version = version;
    this.#counts = new Map(rooms.map(({ room_id, unread }) => [room_id, unread]));
    this.changed();
  }
}

// What one has not read in one's rooms, kept up to date by what is heard (docs/rooms.md, "What one has read").
import type { StreamEvent } from "./word.js";

/** What `GET /api/v1/rooms/unread` answers. */
export interface UnreadCounts {
  total: number;
  version: number;
  rooms: readonly { room_id: string; unread: number }[];
}

/** A burst of events is one question, and a room that never rests one a second. */
const [SOON, AGAIN] = [100, 1_000];

/**
 * Counts are read from the server after something has happened, never added up here: an event that was counted by an answer and heard
 * after it would count twice. Marks of one's other devices come with their count, and show at once.
 */
export class Unread {
  #counts = new Map<string, number>();
  #version = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = -Infinity;
  #isReading = false;
  /** Something happened while an answer was on its way, and need not be counted in it. */
  #isStale = false;

  /** `load` asks the server; `changed` is told after every change. */
  constructor(
    private readonly load: () => Promise<UnreadCounts>,
    private readonly changed: () => void = () => undefined,
  ) {}

  /** In all rooms together. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** In one. */
  of(room: string): number {
    return this.#counts.get(room) ?? 0;
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

  /** Knows nothing, and asks nothing any more. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isReading = false;
    this.#counts = new Map();
    this.#version = -1;
    this.changed();
  }

  #soon(): void {
    if (this.#isReading) this.#isStale = true;
    this.#timer ??= setTimeout(() => void this.#read(), Math.max(SOON, this.#asked + AGAIN - Date.now()));
  }

  async #read(): Promise<void> {
    const timer = this.#timer;
    this.#asked = Date.now();
    [this.#isReading, this.#isStale] = [true, false];
    const counts = await this.load().catch(() => undefined);
    // Forgotten meanwhile.
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    this.#isReading = false;
    if (this.#isStale) this.#soon();
    if (counts && counts.version >= this.#version) {
      this.#version = counts.version;
      this.#counts = new Map(counts.rooms.map(({ room_id, unread }) => [room_id, unread]));
      this.changed();
    } else if (counts) {
      // Something was read while the answer was on its way.
      this.#soon();
    }
  }
}

// Who is in a room at this moment (docs/rooms.md, "Who is there").
import type { StreamEvent } from "./word.js";

export interface Present {
  user_id: string;
  name?: string;
  last_seen_at?: string;
  connections?: number;
}

/** What `GET /api/v1/rooms/{id}/presence` answers. */
export interface PresenceView {
  members: readonly Present[];
  count: number;
  version: number;
}

const TRIES = 3;

/** Those who are there, kept up to date by `presence.update`. */
export class Presence {
  #members: ReadonlyMap<string, Present> = new Map();
  #version = -1;
  #loading = false;

  /** `load` asks the server; `changed` is told after every change. */
  constructor(
    readonly room: string,
    private readonly load: () => Promise<PresenceView>,
    private readonly changed: () => void = () => undefined,
  ) {}

  get members(): Present[] {
    return [...this.#members.values()];
  }

  has(user: string): boolean {
    return this.#members.has(user);
  }

  /** Hears an event of any stream. */
  hear({ stream, kind, data }: StreamEvent): void {
    if (stream !== this.room || kind !== "presence.update") return;
    const { joined, left, count, version } = data as { joined: string[]; left: string[]; count: number; version: number };
    if (version <= this.#version) return;
    const members = new Map(this.#members);
    for (const user_id of left) members.delete(user_id);
    for (const user_id of joined) members.set(user_id, { user_id });
    this.#members = members;
    this.#version = version;
    this.changed();
    // An update is kept nowhere: whether one was missed shows in how many there are.
    if (members.size !== count) void this.read();
  }

  /** Something may have been missed; the server may have begun to count anew. */
  reload(stream: string): void {
    if (stream !== this.room) return;
    this.#version = -1;
    void this.read();
  }

  /** Asks who is there. */
  async read(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    let view: PresenceView | undefined;
    for (let tried = 0; tried < TRIES; tried++) {
      view = await this.load().catch(() => undefined);
      // Otherwise somebody came or went while the answer was on its way.
      if (view === undefined || view.version >= this.#version) break;
    }
    this.#loading = false;
    if (!view) return;
    this.#members = new Map(view.members.map((member) => [member.user_id, member]));
    this.#version = view.version;
    this.changed();
  }
}
